// What the grade grid says: Vietnamese here, another language by the table that the page brings.
let known = {};

/** Takes the page's table: Vietnamese sentence → sentence of the page's language. */
export function learn(words) { known = words; }

/** A sentence in the language of the page, with its {places} filled. */
export function _(text, values = {}) {
  return (known[text] || text).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}
