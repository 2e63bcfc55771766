/** What a terminal shows two columns wide: the wide blocks of East Asian scripts (Unicode TR 11), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ASCII = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;

/** How many columns of a terminal `text` takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const segment of charactersOf(text)) width += widthOf(segment);
  return width;
}

/** `text` in at most `width` columns; `…` stands for what is cut. */
export function fitWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let left = width - 1;
  for (const segment of charactersOf(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** What people take for one character. */
function* charactersOf(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" }); // slow to make, and seldom needed
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function widthOf(character: string): number {
  if (WIDE.test(character)) return 2;
  return /^[\p{M}\u200b\ufeff]/u.test(character) ? 0 : 1;
}
