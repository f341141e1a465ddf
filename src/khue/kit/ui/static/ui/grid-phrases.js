// The grade grid's bank of phrases: offered while a remark is typed, or put into all empty remarks at once.
import { band } from './grid-model.js';
import { button, make } from './grid-dialogs.js';
import { _ } from './grid-words.js';

const OFFERED = 40;
const WAYS = {
  ArrowDown: 'nextSibling', ArrowRight: 'nextSibling',
  ArrowUp: 'previousSibling', ArrowLeft: 'previousSibling',
};

export class Phrases {
  constructor(grid) {
    const json = grid.querySelector('script[type="application/json"]:not([id])');
    this.grid = grid;
    this.bank = json ? JSON.parse(json.textContent) : [];
  }

  /** Whether remarks can be proposed: there are phrases by band, and results in this sheet. */
  get banded() {
    return this.bank.some((phrase) => phrase.band) && [...this.grid.heads].some((th) => this.judges(th));
  }

  judges(th) { // absences are computed too, but say nothing of how well someone learns
    const { calc, kind } = th.dataset;
    return calc === 'term' || calc === 'year' || kind === 'thc';
  }

  /** The band of a pupil, by the last result or level in the row. */
  bandOf(row) {
    for (const td of [...row.cells].reverse()) {
      const found = this.judges(this.grid.heads[td.cellIndex]) ? band(td.textContent) : '';
      if (found) return found;
    }
    return '';
  }

  /** The list under the toolbar, what fits this pupil first; null where there is no bank. */
  offer(td, input) {
    const fits = this.bandOf(td.parentNode), rank = ({ band: of }) => (of === fits ? 0 : of ? 2 : 1);
    const phrases = [...this.bank].sort((a, b) => rank(a) - rank(b)).slice(0, OFFERED);
    if (!phrases.length) return null;
    const label = _('Mẫu nhận xét: Alt và mũi tên xuống');
    const list = make('div', '', { class: 'phrases', role: 'group', 'aria-label': label });
    for (const { text } of phrases) {
      list.append(button(text, () => {
        input.value = input.value ? `${input.value.trim()} ${text}` : text;
        input.focus();
      }, 'btn btn-quiet'));
    }
    list.addEventListener('keydown', (e) => {
      if (WAYS[e.key]) { e.preventDefault(); e.target[WAYS[e.key]]?.focus(); }
      if (e.key === 'Escape') input.focus();
    });
    list.addEventListener('focusout', (e) => {
      if (e.relatedTarget !== input && !list.contains(e.relatedTarget)) this.grid.endEdit(true);
    });
    return list;
  }

  /** Remarks for all who have none, by their result, no two neighbors alike; one step to undo. */
  suggest() {
    const { grid } = this, list = [];
    let before = '', unknown = 0;
    for (const row of grid.chosenRows()) {
      const td = row.cells[grid.slots.remark], old = grid.known(td).value, fits = this.bandOf(row);
      const bank = this.bank.filter((phrase) => fits && phrase.band === fits);
      if (old) { before = old; continue; }
      if (!bank.length) { unknown++; continue; }
      const turn = row.sectionRowIndex % bank.length;
      const { text } = bank[turn].text === before ? bank[(turn + 1) % bank.length] : bank[turn];
      list.push({ td, value: text, state: '' });
      before = text;
    }
    grid.change(list);
    const filled = _('Đã điền {n} nhận xét, hãy đọc lại và sửa.', { n: list.length });
    const done = list.length ? filled : _('Không có ô nào để điền.');
    const left = unknown ? ` ${_('{n} em chưa có kết quả nên để trống.', { n: unknown })}` : '';
    grid.say(done + left, 'info');
  }
}
