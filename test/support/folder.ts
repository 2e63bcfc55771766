import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of its own for a test, which is removed at the end of an `await using`. */
export interface Folder extends AsyncDisposable {
  path: string;
  at(file: string): string;
  write(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
}

/** Makes a {@link Folder} with these files, by their paths in it. */
export async function makeFolder(files: Readonly<Record<string, string>> = {}): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "switchboard-test-"));
  const at = (file: string) => join(path, file);
  const write = async (file: string, text: string) => {
    await mkdir(dirname(at(file)), { recursive: true });
    await writeFile(at(file), text);
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return {
    path,
    at,
    write,
    remove: (file) => rm(at(file), { recursive: true }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A module whose app answers with `text`. */
export const answering = (text: string): string =>
  `export default () => (_request, response) => response.end(${JSON.stringify(text)});\n`;
