/**
 * The only way this page makes elements. Text is always text: names, paths and logs come from strangers.
 *
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * An element with attributes and children. `class` is an attribute, `onclick` and the like are listeners; an attribute
 * that is `undefined` or `false` is left out, and one that is `true` is empty: only those of ARIA say `true` or `false`.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value === true && !key.startsWith("aria-")) element.setAttribute(key, "");
    else if (value !== undefined && (value !== false || key.startsWith("aria-")))
      element.setAttribute(key, String(value));
  }
  append(element, children);
  return element;
}

/**
 * A shape of SVG.
 *
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element;
}

/**
 * Sets the text of an element, if it is another one: writing the same text lays the page out again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const first = element.firstChild;
  if (first === null) {
    if (text !== "") element.append(text);
  } else if (first.nodeValue !== text) first.nodeValue = text;
}

/**
 * Sets an attribute, if it is another value; `undefined` removes it.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * @param {Element} element
 * @param {Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false)
      element.append(typeof child === "number" ? String(child) : child);
  }
}
