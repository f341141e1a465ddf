// The grade grid on a phone: one column beside the names, a keypad of our own, a swipe to the next column.
import { PENDING } from './grid-model.js';
import { button, make } from './grid-dialogs.js';
import { _ } from './grid-words.js';

const PADS = {
  mark: '1234567890,', whole: '1234567890', count: '1234567890',
  pass: 'ĐC', thc: 'THC', tdc: 'TĐC', level4: 'TKĐC',
};
const SWIPE = 60;

export class Phone {
  constructor(grid) {
    this.grid = grid;
    this.query = matchMedia('(max-width: 640px)');
    this.query.addEventListener('change', () => this.show(this.column ?? grid.first));
    this.select = make('select', '', { 'aria-label': _('Cột đang nhập') });
    for (const th of grid.heads) {
      if (grid.first < 0 || th.cellIndex < grid.first) continue;
      this.select.add(new Option(grid.title(th), th.cellIndex));
    }
    this.select.addEventListener('change', () => this.turn(Number(this.select.value)));
    this.picker = make('div', '', { class: 'columns-pick' });
    const step = (text, by, name) => {
      const made = button(text, () => this.step(by), 'btn', name);
      made.setAttribute('aria-label', name);
      return made;
    };
    this.picker.append(step('‹', -1, _('Cột trước')), this.select, step('›', 1, _('Cột sau')));
    this.pad = make('div', '', { class: 'keypad' });
  }

  get on() { return this.query.matches; }

  /** A swipe over the table turns to the next column. */
  listen(wrap) {
    let from = null;
    wrap.addEventListener('touchstart', (event) => { from = event.touches[0]; }, { passive: true });
    wrap.addEventListener('touchend', (event) => {
      const to = event.changedTouches[0], dx = to.clientX - from.clientX, dy = to.clientY - from.clientY;
      if (this.on && Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.step(dx < 0 ? 1 : -1);
    }, { passive: true });
  }

  step(by) {
    const { first, last } = this.grid;
    this.turn(Math.min(Math.max((this.column ?? first) + by, first), last));
  }

  turn(column) {
    const { grid } = this;
    grid.flush(); this.show(column);
    if (grid.cell) grid.go(grid.cell.parentNode.cells[column]);
  }

  show(column) {
    const { grid } = this;
    for (const cell of grid.table.querySelectorAll('.shown')) cell.classList.remove('shown');
    this.column = column;
    if (!this.on) { this.pad.classList.remove('on'); return; }
    grid.heads[column].classList.add('shown');
    for (const row of grid.rows) row.cells[column].classList.add('shown');
    this.select.value = column;
    this.keys(column);
  }

  keys(column) {
    const { grid } = this, { kind, periodic } = grid.heads[column].dataset;
    this.pad.replaceChildren();
    this.pad.classList.toggle('on', grid.open && kind in PADS);
    if (!(kind in PADS)) return;
    const whole = kind === 'pass' || kind === 'level4';
    const list = [...PADS[kind]].map((key) => [whole && key === 'C' ? 'CĐ' : key, '', () => grid.type(key)]);
    list.push(['⌫', _('Xoá'), () => grid.back()]);
    list.push(['▲', _('Em trước'), () => { grid.flush(); grid.move(-1, 0); }]);
    list.push(['▼', _('Em sau'), () => grid.finish()]);
    if (periodic) list.push(['v', _('Vắng, chờ kiểm tra bù'), () => grid.special(PENDING)]);
    for (const [text, name, act] of list) this.pad.append(this.key(text, name, act, column));
  }

  key(text, name, act, column) {
    const { grid } = this, made = make('button', text, { type: 'button', tabindex: '-1' });
    if (name) made.setAttribute('aria-label', name);
    made.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      if (grid.cell?.cellIndex !== column) grid.go((grid.cell?.parentNode || grid.rows[0]).cells[column]);
      act();
    });
    made.addEventListener('click', (event) => { if (!event.detail) act(); }); // a screen reader clicks only
    return made;
  }
}
