// <grade-grid>: marks typed into a real table. Keyboard first, no Save button, never last-write-wins.
import {
  LETTER_KINDS, PENDING, Steps, ZERO, belongs, exact, newId, parse, shown, typeKey,
} from './grid-model.js';
import { copied, paste } from './grid-clipboard.js';
import { button, decide, history, make } from './grid-dialogs.js';
import { frame } from './grid-frame.js';
import { Link } from './grid-link.js';
import { Phone } from './grid-phone.js';
import { Phrases } from './grid-phrases.js';
import { _, learn } from './grid-words.js';

const STATES = new Set([PENDING, ZERO]);
const BURST = 30; // ms: an input method sends Backspace and its letter closer together than a hand can
const EDGE = 99;

class GradeGrid extends HTMLElement {
  connectedCallback() {
    this.table = this.querySelector('table');
    if (!this.table || this.dataset.ready) return;
    learn(JSON.parse(document.getElementById('grid-words')?.textContent || '{}'));
    this.heads = [...this.table.tHead.rows].at(-1).cells;
    this.rows = this.table.tBodies[0].rows;
    this.open = this.dataset.state === 'open';
    this.readHeads();
    this.steps = new Steps(); this.conflicts = []; this.undecided = new Map();
    this.across = false; this.buffer = ''; this.picked = [];
    this.link = new Link(this);
    this.phone = new Phone(this);
    this.bank = new Phrases(this);
    frame(this);
    for (const [name, handler] of Object.entries({
      keydown: this.key, paste: this.paste, copy: this.copy, cut: this.cut, pointerdown: this.press,
      pointerover: this.drag, dblclick: this.double, click: this.tap, focusin: this.focused,
      focusout: this.left,
    })) this.table.addEventListener(name, handler.bind(this));
    addEventListener('pointerup', () => { this.dragging = false; });
    this.start();
    this.status();
    this.dataset.ready = '1';
    performance.mark('grid-ready'); // when keys are taken: khue bench reads it
  }

  readHeads() {
    this.slots = {}; this.calc = {}; this.first = -1; this.last = -1;
    for (const th of this.heads) {
      const { slot, calc } = th.dataset, column = th.cellIndex;
      if (slot) this.slots[slot] = column;
      if (calc) this.calc[calc] = column;
      if (slot && this.first < 0) this.first = column;
      if (slot || calc) this.last = column;
    }
    this.byPupil = new Map([...this.rows].map((row) => [row.dataset.p, row]));
  }

  /** What was typed before the page was left; then the cell where typing will most likely begin. */
  start() {
    const kept = this.link.queue.load();
    if (this.open) {
      for (const op of kept) { this.keep(this.find(op.pupil, op.slot)); this.paint(op); }
      this.link.send();
    } else if (kept.length) this.orphans(kept);
    if (!this.rows.length || this.first < 0) return;
    const cell = this.beginning();
    if (this.phone.on) this.phone.show(cell.cellIndex);
    else if (this.open && document.activeElement === document.body) this.go(cell, false, true);
    else cell.tabIndex = 0;
  }

  beginning() { // the first empty cell of the first column that is mostly empty
    for (const th of this.heads) {
      if (!th.dataset.slot || th.dataset.kind === 'text') continue;
      const empty = [...this.rows].map((row) => row.cells[th.cellIndex]).filter((td) => !td.textContent);
      if (empty.length * 2 > this.rows.length) return empty[0];
    }
    return this.rows[0].cells[this.first];
  }

  // -- what is said around the table
  label(td, state) {
    if (STATES.has(state)) {
      const text = state === PENDING ? _('Vắng, chờ kiểm tra bù') : _('Không kiểm tra bù');
      td.setAttribute('aria-label', text); td.title = text;
    } else {
      td.removeAttribute('aria-label'); td.removeAttribute('title');
    }
  }

  orphans(kept) { // typed, but the sheet was closed before they could be sent
    const told = kept.map((op) => {
      const td = this.find(op.pupil, op.slot);
      const value = td && shown(this.at(td).kind, op.value, op.state);
      return td && `${this.name(td)} ${this.title(td)}: ${value || _('xoá')}`;
    });
    const values = { n: kept.length, cells: told.filter(Boolean).join('; ') };
    this.say(_('{n} ô chưa kịp gửi thì bảng đã chốt hoặc bạn không còn nhập bảng này: {cells}.', values));
    this.note.append(button(_('Đã xem, bỏ các ô này'), () => {
      this.link.queue.clear(); this.say(''); this.status();
    }));
  }

  status() {
    const [text, kind] = this.link.status();
    this.line.className = `grid-status ${kind || ''}`;
    if (this.line.textContent !== text) this.line.textContent = text;
    if (!this.open) return;
    this.undoButton.disabled = !this.steps.done.length;
    this.redoButton.disabled = !this.steps.undone.length;
  }

  say(text, kind = '') { this.note.className = `grid-note ${kind}`; this.note.textContent = text; }

  turn() {
    this.across = !this.across;
    this.way.textContent = this.across ? _('Sang phải →') : _('Xuống ↓');
  }

  // -- where we are
  at(td) {
    const { slot, kind, periodic } = this.heads[td.cellIndex].dataset, line = td.parentNode;
    const row = line.sectionRowIndex, pupil = line.dataset.p;
    return { td, row, col: td.cellIndex, pupil, slot, kind, periodic: !!periodic };
  }
  name(td) { return td.parentNode.querySelector('th').textContent; }
  title(cell) { const th = this.heads[cell.cellIndex]; return th.title || th.textContent; }
  find(pupil, slot) { return this.byPupil.get(pupil)?.cells[this.slots[slot]]; }
  inside(td) { return td && td.tagName === 'TD' && td.cellIndex >= this.first && td.closest('tbody'); }

  go(td, extend, quietly) {
    if (!td) return;
    if (this.cell && this.cell !== td) { this.flush(); this.cell.tabIndex = -1; }
    this.cell = td; this.just = null; this.ended = false; td.tabIndex = 0;
    if (!extend) this.anchor = td;
    if (this.phone.on && !quietly) this.phone.pad.classList.add('open');
    td.focus({ preventScroll: true });
    if (!quietly) td.scrollIntoView({ block: this.phone.on ? 'center' : 'nearest', inline: 'nearest' });
    this.pick();
  }
  focused(e) { if (this.inside(e.target) && e.target !== this.cell) this.go(e.target); }
  left() { if (!this.input) this.flush(); }

  pick() {
    for (const td of this.picked) { td.classList.remove('picked'); td.removeAttribute('aria-selected'); }
    const range = this.range();
    this.picked = range.length > 1 ? range : [];
    for (const td of this.picked) { td.classList.add('picked'); td.setAttribute('aria-selected', 'true'); }
  }
  range() {
    if (!this.cell) return [];
    const a = this.at(this.anchor || this.cell), b = this.at(this.cell);
    const rows = [...this.rows].slice(Math.min(a.row, b.row), Math.max(a.row, b.row) + 1);
    return rows.flatMap((row) => [...row.cells].slice(Math.min(a.col, b.col), Math.max(a.col, b.col) + 1));
  }
  move(dr, dc, extend) {
    if (!this.cell) return;
    const { row, col } = this.at(this.cell), r = Math.min(Math.max(row + dr, 0), this.rows.length - 1);
    this.go(this.rows[r].cells[Math.min(Math.max(col + dc, this.first), this.last)], extend);
  }

  /** On to the next cell after a value; after the last one nothing is overwritten by typing on. */
  next() {
    const { row, col } = this.at(this.cell), to = this.across && !this.phone.on ? this.right(row, col)
      : this.rows[row + 1]?.cells[col];
    if (to) this.go(to); else this.ended = true;
  }
  right(row, col) { // the next column that takes marks, or the first one of the next pupil
    const typed = (c) => this.heads[c].dataset.slot && this.heads[c].dataset.kind !== 'text';
    for (let c = col + 1; c <= this.last; c++) if (typed(c)) return this.rows[row].cells[c];
    return this.rows[row + 1]?.cells[this.first];
  }

  // -- keys
  key(e) {
    if (e.target.closest('input, textarea')) { this.inputKey(e); return; }
    if (!this.cell) return;
    if (e.isComposing || e.key === 'Process' || e.keyCode === 229) { // an input method composes in the field
      if (this.open && this.at(this.cell).kind === 'text') this.edit('');
      return;
    }
    if (this.walkKey(e) || this.chordKey(e) || (this.open && this.cellKey(e))) e.preventDefault();
  }

  /** Arrows, Home, End, pages, Enter, Tab: whether the key was used. */
  walkKey(e) {
    const ctrl = e.ctrlKey || e.metaKey, far = this.rows.length, back = e.shiftKey ? -1 : 1;
    const moves = {
      ArrowUp: [ctrl ? -far : -1, 0], ArrowDown: [ctrl ? far : 1, 0],
      ArrowLeft: [0, ctrl ? -EDGE : -1], ArrowRight: [0, ctrl ? EDGE : 1],
      Home: [ctrl ? -far : 0, -EDGE], End: [ctrl ? far : 0, EDGE], PageUp: [-10, 0], PageDown: [10, 0],
    };
    if (e.altKey) return false;
    if (moves[e.key]) { this.flush(); this.move(...moves[e.key], e.shiftKey); return true; }
    if (e.key === 'Enter') { this.enter(back); return true; }
    if (e.key !== 'Tab') return false;
    if (this.just && this.across && back > 0) { this.just = null; return true; }
    const to = this.cell.cellIndex + back;
    if (to < this.first || to > this.last || this.phone.on) return false; // past the end: out of the table
    this.flush(); this.move(0, back);
    return true;
  }
  enter(back) {
    const conflict = this.undecided.get(this.cell);
    if (conflict) { this.undecided.delete(this.cell); this.conflicts.push(conflict); decide(this); return; }
    if (!this.open && this.dataset.correctUrl) { this.correct(); return; }
    if (this.just && back > 0) { this.just = null; return; } // ends a mark that has advanced by itself
    const typing = this.buffer !== '';
    this.flush();
    if (typing && back > 0) { this.next(); return; }
    this.move(back, 0);
  }

  chordKey(e) {
    const letter = e.key.toLowerCase();
    if (e.altKey && letter === 'h') { history(this); return true; }
    if (!(e.ctrlKey || e.metaKey) || e.altKey) return false;
    if (letter === 'z') { if (e.shiftKey) this.redo(); else this.undo(); return true; }
    if (letter === 'y') { this.redo(); return true; }
    if (letter === 'a') {
      this.flush(); this.anchor = this.rows[0].cells[this.first];
      this.go([...this.rows].at(-1).cells[this.last], true);
      return true;
    }
    if (letter === 'd' && this.open) { this.fill(); return true; }
    return false;
  }

  cellKey(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return false;
    const acts = { F2: this.edit, Escape: this.cancel, Backspace: this.erase, Delete: this.clear };
    if (acts[e.key]) { acts[e.key].call(this); return true; }
    if (e.key.length !== 1) return false;
    const { slot, kind } = this.at(this.cell);
    if (!slot) { this.say(_('Cột này do hệ thống tính.')); return true; }
    if (kind === 'text') { this.edit(''); return false; }
    if (!this.corrects(kind, e)) this.type(e.key);
    return true;
  }

  /** Telex turns a second «d» into Backspace and «đ» in one breath: that is one key of one hand. */
  corrects(kind, e) {
    if (!LETTER_KINDS.has(kind)) return false;
    if (this.erasing) {
      clearTimeout(this.erasing); this.erasing = 0; this.burst = e.timeStamp + BURST;
      return false;
    }
    return e.timeStamp < (this.burst || 0);
  }
  erase() {
    if (!LETTER_KINDS.has(this.at(this.cell).kind)) { this.back(); return; }
    const cell = this.cell;
    clearTimeout(this.erasing);
    this.erasing = setTimeout(() => { this.erasing = 0; if (this.cell === cell) this.back(); }, BURST);
  }

  type(key) {
    if (this.picked.length > 1) this.go(this.anchor);
    const at = this.cell && this.at(this.cell);
    if (!at || !at.slot || !this.open) return;
    if (this.just && this.tail(key)) return;
    this.just = null;
    if (this.ended) { this.say(_('Đã hết danh sách. Chọn ô khác để nhập tiếp.'), 'info'); return; }
    this.keep(at.td);
    if (key.toLowerCase() === 'v' && at.periodic) { this.special(PENDING); return; }
    const step = typeKey(at.kind, this.buffer, key);
    if (!step) {
      this.say(this.buffer === '' ? _('Phím «{key}» không dùng được ở cột này.', { key }) : '');
      return;
    }
    this.say('');
    this.buffer = step.buffer;
    if (!step.done) { at.td.textContent = this.buffer; return; }
    this.change([{ td: at.td, value: step.value, state: '' }]);
    this.next();
    this.just = { kind: at.kind, value: step.value, tail: '' };
    if (step.again) { this.just = null; this.type(step.again); }
  }
  tail(key) { // the «,0» of «10,0» has nothing to do in the next pupil's cell
    const { kind, value, tail } = this.just;
    if (!belongs(kind, value, tail, key)) return false;
    this.just.tail += key;
    const part = /[1-9]/.test(this.just.tail);
    if (part) this.say(_('Cột này chỉ nhận điểm nguyên: hãy xem lại ô vừa nhập.'));
    return true;
  }
  flush() { // an unfinished buffer becomes a value: 8 is 8,0
    if (this.buffer === '' || !this.cell) return;
    const at = this.at(this.cell), found = parse(at.kind, this.buffer.replace(/,$/, ''));
    this.buffer = '';
    if (found.error) { this.say(found.error); this.repaint(at.td); return; }
    this.change([{ td: at.td, value: found.value, state: '' }]);
  }
  settleTyping() { if (this.input) this.endEdit(true); else this.flush(); } // before the page is left
  finish() { this.flush(); this.next(); }
  cancel() { this.buffer = ''; this.say(''); this.repaint(this.cell); }
  back() {
    this.just = null;
    if (this.buffer === '') this.clear();
    else if (this.buffer.length === 1) this.cancel();
    else { this.buffer = this.buffer.slice(0, -1); this.cell.textContent = this.buffer; }
  }

  // -- the field in a cell
  edit(start) {
    const at = this.at(this.cell), { td } = at;
    if (!at.slot || this.input) return;
    this.keep(td); this.buffer = '';
    const long = at.kind === 'text', input = this.input = make(long ? 'textarea' : 'input');
    input.value = start ?? (td.dataset.s ? '' : td.dataset.v);
    input.setAttribute('aria-label', `${this.title(td)}, ${this.name(td)}`);
    if (long) {
      input.maxLength = 1000;
      this.list = this.bank.offer(td, input);
      if (this.list) this.bar.after(this.list);
    } else input.inputMode = 'decimal';
    td.classList.add('editing'); td.replaceChildren(input);
    input.focus({ preventScroll: true }); input.select();
    td.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    input.addEventListener('blur', (e) => { if (!this.list?.contains(e.relatedTarget)) this.endEdit(true); });
  }
  inputKey(e) {
    if (e.isComposing) return;
    const acts = {
      Escape: () => { this.endEdit(false); this.go(this.cell); },
      Enter: () => { if (this.endEdit(true)) this.move(1, 0); },
      Tab: () => { if (this.endEdit(true)) this.move(0, e.shiftKey ? -1 : 1); },
      ArrowDown: () => this.list.querySelector('button').focus(),
    };
    const not = (e.key === 'Enter' && e.shiftKey) || (e.key === 'ArrowDown' && !(e.altKey && this.list));
    if (acts[e.key] && !not) { e.preventDefault(); acts[e.key](); }
    e.stopPropagation();
  }
  endEdit(keep) {
    const { input } = this;
    if (!input) return true;
    const td = input.closest('td'), { kind } = this.at(td), old = this.known(td);
    this.input = null;
    td.classList.remove('editing'); this.list?.remove(); this.list = null;
    td.textContent = shown(kind, old.value, old.state); this.say('');
    if (!keep || (old.state && !input.value)) return true;
    const found = parse(kind, input.value);
    if (found.error) { this.go(td); this.say(found.error); return false; }
    this.change([{ td, value: found.value, state: '' }]);
    return true;
  }

  // -- changing cells
  keep(td) { if (td) td.dataset.v ??= td.dataset.s ? '' : td.textContent; } // before typing covers it
  known(td) {
    const state = td.dataset.s || '';
    return { value: exact(this.at(td).kind, td.dataset.v ?? td.textContent, state), state };
  }
  change(list, silent) {
    const step = [];
    for (const { td, value, state } of list) {
      const { slot, pupil } = this.at(td);
      if (!slot || !this.open) continue;
      this.keep(td);
      const from = td.dataset.old ? JSON.parse(td.dataset.old) : this.known(td);
      const same = from.value === value && from.state === state && !td.classList.contains('refused');
      delete td.dataset.old;
      if (same) { this.repaint(td); continue; }
      step.push({ pupil, slot, from, to: { value, state } });
      const op = { op_id: newId(), pupil, slot, value, base: Number(td.dataset.b || 0), state };
      this.link.put(op); this.paint(op);
    }
    if (!silent) this.steps.add(step);
    this.status();
    return step.length;
  }
  paint(op) {
    const td = this.find(op.pupil, op.slot);
    if (!td) return;
    this.write(td, op.value, op.state);
    td.classList.add('waiting');
    this.mark(td, '');
    this.undecided.delete(td);
  }
  write(td, value, state) {
    const { kind } = this.at(td);
    td.textContent = shown(kind, value, state);
    td.dataset.v = kind === 'mark' ? value.replace('.', ',') : value;
    if (STATES.has(state)) td.dataset.s = state; else delete td.dataset.s;
    this.label(td, state);
  }
  mark(td, problem, message = '') { // conflict, refused, or neither
    for (const name of ['conflict', 'refused']) td.classList.toggle(name, name === problem);
    if (problem) td.setAttribute('aria-invalid', 'true'); else td.removeAttribute('aria-invalid');
    if (message) td.title = message;
  }
  settle(conflict, mine) { // a person has chosen
    const { op, result, td } = conflict, state = STATES.has(result.state) ? result.state : '';
    conflict.settled = true;
    this.undecided.delete(td); this.link.queue.decided(op); this.mark(td, '');
    td.dataset.b = result.version;
    this.write(td, result.value, state);
    if (mine) this.change([{ td, value: op.value, state: op.state }]);
  }
  calculated(pupil, calc) {
    const row = this.byPupil.get(pupil);
    for (const [code, text] of Object.entries(calc)) {
      if (row && code in this.calc) row.cells[this.calc[code]].textContent = text;
    }
  }
  repaint(td) {
    const { kind } = this.at(td), now = this.known(td);
    if (kind) td.textContent = shown(kind, now.value, now.state);
  }
  targets() {
    const cells = this.picked.length ? this.picked : [this.cell];
    return cells.filter((td) => td && this.at(td).slot);
  }
  chosenRows() { // of a chosen range, else all; pupils who have left are not waited for
    const chosen = new Set(this.picked.map((td) => td.parentNode));
    return [...this.rows].filter((row) => (!chosen.size || chosen.has(row)) && !row.dataset.left);
  }
  clear() { this.buffer = ''; this.change(this.targets().map((td) => ({ td, value: '', state: '' }))); }
  special(state) {
    this.buffer = '';
    const cells = this.targets().filter((td) => this.at(td).periodic);
    if (!cells.length) { this.say(_('Chỉ dùng cho ô giữa kì và cuối kì.')); return; }
    this.change(cells.map((td) => ({ td, value: '', state })));
    if (cells.length === 1) this.next();
  }
  fill() {
    this.flush();
    const [first, ...others] = this.targets();
    if (!others.length) return;
    const from = this.known(first), { kind } = this.at(first);
    this.change(others.filter((td) => this.at(td).kind === kind).map((td) => ({ td, ...from })));
  }
  undo() { this.flush(); this.apply(this.steps.undo()); }
  redo() { this.flush(); this.apply(this.steps.redo()); }
  apply(step) {
    if (!step) return;
    const cells = step.map((change) => ({ td: this.find(change.pupil, change.slot), ...change.to }));
    this.change(cells, true);
    const [{ td }] = cells, values = { n: cells.length, name: this.name(td), column: this.title(td) };
    this.go(td);
    const said = cells.length > 1 ? _('Đã đổi lại {n} ô.', values) : _('Đã đổi lại {name}, {column}.', values);
    this.say(said, 'info');
  }

  // -- clipboard
  copy(e) {
    if (e.target.closest('input, textarea') || !this.cell) return;
    e.clipboardData.setData('text/plain', copied(this));
    e.preventDefault();
  }
  cut(e) {
    if (e.target.closest('input, textarea')) return;
    this.copy(e);
    if (this.open) this.clear();
  }
  paste(e) {
    if (e.target.closest('input, textarea') || !this.cell || !this.open) return;
    e.preventDefault();
    this.buffer = ''; this.just = null;
    paste(this, e.clipboardData.getData('text/plain'));
  }

  // -- mouse and finger
  press(e) {
    const td = e.target.closest('td');
    if (!this.inside(td) || e.target.closest('input, textarea')) return;
    if (this.input) this.endEdit(true);
    e.preventDefault();
    this.dragging = e.pointerType === 'mouse';
    this.go(td, e.shiftKey);
  }
  drag(e) {
    const td = e.target.closest('td');
    if (this.dragging && this.inside(td) && e.buttons === 1) this.go(td, true);
  }
  tap(e) { // a phone has no other key for remarks and open conflicts
    const td = e.target.closest('td');
    if (!this.inside(td)) return;
    if (this.undecided.has(td)) this.enter(1);
    else if (this.phone.on && this.open && this.at(td).kind === 'text') this.edit();
  }
  double(e) { if (this.open && this.inside(e.target.closest('td'))) this.edit(); }

  correct() {
    const at = this.cell && this.at(this.cell);
    if (!at?.slot) { this.say(_('Hãy chọn một ô điểm.')); return; }
    location.href = `${this.dataset.correctUrl}?pupil=${at.pupil}&slot=${at.slot}`;
  }
}
customElements.define('grade-grid', GradeGrid);
