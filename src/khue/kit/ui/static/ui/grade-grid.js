// <grade-grid>: marks typed into a real table. Keyboard first, no Save button, never last-write-wins.
import { LETTER_KINDS, Queue, Steps, exact, newId, parse, shown, table, typeKey } from './grid-model.js';

const SEND_AFTER = 150, LIMIT = 500, RETRY = [2000, 4000, 8000, 15000, 30000], WHOLE_WAIT = 700;

class GradeGrid extends HTMLElement {
  connectedCallback() {
    this.grid = this.querySelector('table');
    if (!this.grid) return;
    this.heads = [...this.grid.tHead.rows].at(-1).cells;
    this.slots = {}; this.calc = {}; this.first = -1; this.last = -1;
    for (const th of this.heads) {
      if (th.dataset.slot) { this.slots[th.dataset.slot] = th.cellIndex; if (this.first < 0) this.first = th.cellIndex; this.last = th.cellIndex; }
      if (th.dataset.calc) { this.calc[th.dataset.calc] = th.cellIndex; this.last = th.cellIndex; }
    }
    this.rows = this.grid.tBodies[0].rows;
    this.open = this.dataset.state === 'open';
    this.queue = new Queue(localStorage, `khue.grid.${this.dataset.me}.${this.dataset.sheet}`);
    this.steps = new Steps(); this.conflicts = []; this.tries = 0; this.across = false; this.buffer = '';
    this.frame();
    for (const [name, handler] of Object.entries({
      keydown: this.key, paste: this.paste, copy: this.copy, pointerdown: this.press, pointerover: this.drag,
      dblclick: this.double, click: this.tap, focusin: this.focused, focusout: this.left,
    })) this.grid.addEventListener(name, handler.bind(this));
    addEventListener('pointerup', () => { this.dragging = false; });
    addEventListener('online', () => this.send());
    addEventListener('beforeunload', (e) => { if (this.queue.size && !this.stopped) e.preventDefault(); });
    if (this.rows.length && this.first > 0) this.rows[0].cells[this.first].tabIndex = 0;
    const kept = this.queue.load(); // typed before the page was left
    if (this.open) { for (const op of kept) { this.keep(this.find(op.pupil, op.slot)); this.paint(op); } this.send(); } else if (kept.length) this.orphans(kept);
    this.status();
    this.dataset.ready = '1';
  }

  // -- the frame around the table
  frame() {
    const wrap = document.createElement('div'); wrap.className = 'grid-wrap'; this.grid.replaceWith(wrap); wrap.append(this.grid);
    this.bar = document.createElement('div'); this.bar.className = 'grid-bar'; this.bar.setAttribute('role', 'toolbar'); this.bar.setAttribute('aria-label', 'Công cụ bảng điểm');
    const button = (text, title, act) => { const b = document.createElement('button'); b.type = 'button'; b.className = 'btn btn-quiet'; b.textContent = text; b.title = title; b.addEventListener('mousedown', (e) => e.preventDefault()); b.addEventListener('click', () => act.call(this)); this.bar.append(b); return b; };
    this.picker = document.createElement('label'); this.picker.className = 'columns-pick'; this.picker.innerHTML = '<span>Cột</span>';
    const select = document.createElement('select');
    for (const th of this.heads) if (th.cellIndex >= this.first && this.first > 0) select.add(new Option(th.title || th.textContent, th.cellIndex));
    select.addEventListener('change', () => { this.flush(); this.show(Number(select.value)); if (this.cell) this.go(this.cell.parentNode.cells[this.shownColumn]); });
    this.picker.append(select); this.bar.append(this.picker);
    if (this.open) {
      button('↶ Hoàn tác', 'Ctrl+Z', this.undo); button('↷ Làm lại', 'Ctrl+Y', this.redo);
      if ([...this.heads].some((th) => th.dataset.periodic)) { button('Vắng, chờ bù', 'Phím v', () => this.special('PENDING_MAKEUP')); button('Không bù', 'Không kiểm tra bù: 0 điểm hoặc Chưa đạt', () => this.special('ZERO_NO_MAKEUP')); }
      this.way = button('Xuống ↓', 'Sau khi nhập, đi xuống hay sang phải', () => { this.across = !this.across; this.way.textContent = this.across ? 'Sang phải →' : 'Xuống ↓'; }); this.way.classList.add('way');
    } else if (this.dataset.correctUrl) button('Yêu cầu sửa điểm', 'Enter', this.correct);
    button('Lịch sử ô', 'Alt+H', this.history);
    this.line = document.createElement('span'); this.line.className = 'grid-status'; this.line.setAttribute('role', 'status'); this.bar.append(this.line);
    this.note = document.createElement('p'); this.note.className = 'grid-note'; this.note.setAttribute('role', 'alert');
    wrap.before(this.bar, this.note);
    this.pad = document.createElement('div'); this.pad.className = 'keypad'; wrap.after(this.pad);
    this.phone = matchMedia('(max-width: 640px)'); this.phone.addEventListener('change', () => this.show(this.shownColumn || this.first));
    if (this.phone.matches && this.first > 0) this.show(this.first);
  }

  orphans(kept) { // typed, but the sheet was closed before they could be sent
    const told = kept.map((op) => { const td = this.find(op.pupil, op.slot); return td && `${this.name(td)} ${this.heads[td.cellIndex].textContent}: ${shown(this.at(td).kind, op.value, op.state) || 'xoá'}`; });
    this.say(`${kept.length} ô nhập trên máy này chưa kịp gửi thì bảng đã chốt hoặc bạn không còn nhập bảng này: ${told.filter(Boolean).join('; ')}. `);
    const b = document.createElement('button'); b.type = 'button'; b.className = 'btn'; b.textContent = 'Đã xem, bỏ các ô này'; b.addEventListener('click', () => { this.queue.waiting.clear(); this.queue.save(); this.say(''); this.status(); }); this.note.append(b);
  }

  show(column) { // phone: one column at a time beside the names
    for (const cell of this.grid.querySelectorAll('.shown')) cell.classList.remove('shown');
    this.shownColumn = column;
    if (!this.phone.matches) { this.pad.classList.remove('on'); return; }
    this.heads[column].classList.add('shown');
    for (const row of this.rows) row.cells[column].classList.add('shown');
    this.picker.querySelector('select').value = column;
    this.keys(column);
  }

  keys(column) {
    const kind = this.heads[column].dataset.kind;
    const sets = { mark: '1234567890,', whole: '1234567890', count: '1234567890', pass: 'ĐC', thc: 'THC', tdc: 'TĐC', level4: 'TKĐC' };
    this.pad.replaceChildren(); this.pad.classList.toggle('on', this.open && kind in sets);
    if (!(kind in sets)) return;
    const keys = [...sets[kind]].map((k) => [k, () => this.type(k)]);
    keys.push(['⌫', () => this.back()], ['▲', () => this.move(-1, 0)], ['▼', () => this.finish(1, 0)]);
    if (this.heads[column].dataset.periodic) keys.push(['v', () => this.special('PENDING_MAKEUP')]);
    for (const [text, act] of keys) { const b = document.createElement('button'); b.type = 'button'; b.textContent = text; b.addEventListener('pointerdown', (e) => { e.preventDefault(); if (this.cell?.cellIndex !== column) this.go((this.cell?.parentNode || this.rows[0]).cells[column]); act(); }); b.addEventListener('click', (e) => { if (!e.detail) act(); }); b.tabIndex = -1; this.pad.append(b); }
  }

  status(text, kind) {
    const n = this.queue.size;
    this.line.className = `grid-status ${kind || ''}`;
    this.line.textContent = text || (n ? `Đang gửi ${n} ô…` : this.savedAt ? `Đã lưu ${this.savedAt}` : this.open ? 'Tự lưu khi nhập' : 'Chỉ xem');
  }

  // -- where we are
  at(td) { const th = this.heads[td.cellIndex]; return { td, row: td.parentNode.sectionRowIndex, col: td.cellIndex, pupil: td.parentNode.dataset.p, slot: th.dataset.slot, kind: th.dataset.kind, periodic: !!th.dataset.periodic }; }
  name(td) { return td.parentNode.querySelector('th').textContent; }
  keep(td) { if (td) td.dataset.v ??= td.dataset.s ? '' : td.textContent; } // what the server said, before typing covers it
  find(pupil, slot) { const row = this.byPupil ||= new Map([...this.rows].map((r) => [r.dataset.p, r])); return row.get(pupil)?.cells[this.slots[slot]]; }
  inside(td) { return td && td.tagName === 'TD' && td.cellIndex >= this.first && td.closest('tbody'); }
  go(td, extend) {
    if (!td) return;
    if (this.cell && this.cell !== td) { this.flush(); this.cell.tabIndex = -1; }
    this.cell = td; td.tabIndex = 0; if (!extend) this.anchor = td;
    if (this.phone.matches) this.pad.classList.add('open');
    td.focus({ preventScroll: true }); td.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.pick();
  }
  focused(e) { if (this.inside(e.target) && e.target !== this.cell) this.go(e.target); }
  left() { if (!this.input) this.flush(); }
  pick() {
    for (const td of this.picked || []) td.classList.remove('picked');
    this.picked = this.range(); if (this.picked.length > 1) for (const td of this.picked) td.classList.add('picked'); else this.picked = [];
  }
  range() {
    if (!this.cell) return [];
    const a = this.at(this.anchor || this.cell), b = this.at(this.cell), cells = [];
    for (let r = Math.min(a.row, b.row); r <= Math.max(a.row, b.row); r++) for (let c = Math.min(a.col, b.col); c <= Math.max(a.col, b.col); c++) cells.push(this.rows[r].cells[c]);
    return cells;
  }
  move(dr, dc, extend) {
    if (!this.cell) return;
    const { row, col } = this.at(this.cell), r = Math.min(Math.max(row + dr, 0), this.rows.length - 1);
    this.go(this.rows[r].cells[Math.min(Math.max(col + dc, this.first), this.last)], extend);
  }
  next() { if (this.across && !this.phone.matches) this.move(0, 1); else this.move(1, 0); }

  // -- keys
  key(e) {
    if (e.target.closest('input, textarea')) return this.inputKey(e);
    if (!this.cell) return;
    if (e.isComposing || e.key === 'Process' || e.keyCode === 229) { if (this.open && this.at(this.cell).kind === 'text') this.edit(''); return; } // an input method composes in the field
    const ctrl = e.ctrlKey || e.metaKey, far = this.rows.length;
    const moves = { ArrowUp: [ctrl ? -far : -1, 0], ArrowDown: [ctrl ? far : 1, 0], ArrowLeft: [0, ctrl ? -99 : -1], ArrowRight: [0, ctrl ? 99 : 1], Home: [ctrl ? -far : 0, -99], End: [ctrl ? far : 0, 99], PageUp: [-10, 0], PageDown: [10, 0] };
    const used = () => { e.preventDefault(); };
    if (e.altKey && e.key.toLowerCase() === 'h') { used(); return this.history(); }
    if (moves[e.key]) { used(); this.flush(); return this.move(...moves[e.key], e.shiftKey); }
    if (e.key === 'Enter') { used(); if (this.dataset.correctUrl && !this.open) return this.correct(); this.flush(); return this.move(e.shiftKey ? -1 : 1, 0); }
    if (e.key === 'Tab') { const to = this.cell.cellIndex + (e.shiftKey ? -1 : 1); if (to < this.first || to > this.last || this.phone.matches) return; used(); this.flush(); return this.move(0, e.shiftKey ? -1 : 1); } // past the row's end the focus leaves the table
    if (ctrl && e.key.toLowerCase() === 'z') { used(); return e.shiftKey ? this.redo() : this.undo(); }
    if (ctrl && e.key.toLowerCase() === 'y') { used(); return this.redo(); }
    if (ctrl && e.key.toLowerCase() === 'a') { used(); this.anchor = this.rows[0].cells[this.first]; this.go(this.rows[far - 1].cells[this.last], true); return; }
    if (ctrl && e.key.toLowerCase() === 'd' && this.open) { used(); return this.fill(); }
    if (ctrl || e.altKey || !this.open) return;
    if (e.key === 'F2') { used(); return this.edit(); }
    if (e.key === 'Escape') { used(); return this.cancel(); }
    if (e.key === 'Backspace') { used(); return this.back(); }
    if (e.key === 'Delete') { used(); return this.clear(); }
    if (e.key.length === 1) { const at = this.at(this.cell); if (!at.slot) return; if (at.kind === 'text') return this.edit(''); used(); this.type(e.key); }
  }

  type(key) {
    if (this.picked?.length > 1) this.go(this.anchor);
    const at = this.cell && this.at(this.cell);
    if (!at || !at.slot || !this.open) return;
    this.keep(at.td);
    if (key.toLowerCase() === 'v' && at.periodic) return this.special('PENDING_MAKEUP');
    clearTimeout(this.waiter);
    const step = typeKey(at.kind, this.buffer, key);
    if (!step) { this.say(this.buffer === '' ? `Phím «${key}» không dùng được ở cột này.` : ''); return; }
    this.say('');
    this.buffer = step.buffer;
    if (!step.done) { at.td.textContent = this.buffer; if (step.wait) this.waiter = setTimeout(() => this.finish(), WHOLE_WAIT); return; }
    this.change([{ td: at.td, value: step.value, state: '' }]); this.next();
    if (step.again) this.type(step.again);
  }
  flush() { // an unfinished buffer becomes a value: 8 is 8,0
    clearTimeout(this.waiter);
    if (this.buffer === '' || !this.cell) return;
    const at = this.at(this.cell), text = this.buffer.replace(/,$/, ''); this.buffer = '';
    const read = parse(at.kind, text);
    if (read.error) { this.say(read.error); this.repaint(at.td); } else this.change([{ td: at.td, value: read.value, state: '' }]);
  }
  finish() { this.flush(); this.next(); }
  cancel() { clearTimeout(this.waiter); this.buffer = ''; this.say(''); this.repaint(this.cell); }
  back() { if (this.buffer.length > 1) { clearTimeout(this.waiter); this.buffer = this.buffer.slice(0, -1); this.cell.textContent = this.buffer; } else if (this.buffer) this.cancel(); else this.clear(); }

  edit(start) {
    const at = this.at(this.cell); if (!at.slot || this.input) return;
    this.keep(at.td); clearTimeout(this.waiter); this.buffer = '';
    const td = at.td, long = at.kind === 'text', input = document.createElement(long ? 'textarea' : 'input');
    input.value = start ?? (td.dataset.s ? '' : td.dataset.v); input.setAttribute('aria-label', `${this.heads[at.col].textContent}, ${this.name(td)}`);
    if (long) { input.maxLength = 1000; const phrases = this.phrases(); if (phrases.length) this.offer(td, input, phrases); } else input.inputMode = 'decimal';
    this.input = input; td.classList.add('editing'); td.replaceChildren(input); input.focus(); input.select();
    input.addEventListener('blur', (e) => { if (!this.list?.contains(e.relatedTarget)) this.endEdit(true); });
  }
  inputKey(e) {
    if (e.isComposing) return;
    if (e.key === 'Escape') { e.preventDefault(); this.endEdit(false); this.go(this.cell); }
    else if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); const ok = this.endEdit(true); if (ok) this.move(1, 0); }
    else if (e.key === 'Tab') { e.preventDefault(); if (this.endEdit(true)) this.move(0, e.shiftKey ? -1 : 1); }
    else if (e.altKey && e.key === 'ArrowDown' && this.list) { e.preventDefault(); this.list.querySelector('button').focus(); }
    e.stopPropagation();
  }
  endEdit(keep) {
    const input = this.input; if (!input) return true;
    this.input = null; const td = input.closest('td'), at = this.at(td); td.classList.remove('editing'); this.list?.remove();
    const old = this.known(td); td.textContent = shown(at.kind, old.value, old.state); this.say('');
    if (!keep || (old.state && !input.value)) return true;
    const read = parse(at.kind, input.value);
    if (read.error) { this.go(td); this.say(read.error); return false; }
    this.change([{ td, value: read.value, state: '' }]); return true;
  }
  phrases() { const json = this.querySelector('script[type="application/json"]'); return json ? JSON.parse(json.textContent) : []; }
  offer(td, input, phrases) { // the bank of phrases under the cell
    const list = this.list = document.createElement('div'); list.className = 'phrases'; list.setAttribute('role', 'group'); list.setAttribute('aria-label', 'Mẫu nhận xét: Alt và mũi tên xuống');
    for (const { text } of phrases.slice(0, 40)) {
      const b = document.createElement('button'); b.type = 'button'; b.className = 'btn btn-quiet'; b.textContent = text;
      b.addEventListener('pointerdown', (e) => e.preventDefault());
      b.addEventListener('click', () => { input.value = input.value ? `${input.value.trim()} ${text}` : text; input.focus(); });
      list.append(b);
    }
    list.addEventListener('keydown', (e) => { const to = { ArrowDown: 'nextSibling', ArrowRight: 'nextSibling', ArrowUp: 'previousSibling', ArrowLeft: 'previousSibling' }[e.key]; if (to) { e.preventDefault(); e.target[to]?.focus(); } else if (e.key === 'Escape') input.focus(); });
    list.addEventListener('focusout', (e) => { if (e.relatedTarget !== input && !list.contains(e.relatedTarget)) this.endEdit(true); });
    this.bar.after(list);
  }

  // -- changing cells
  known(td) { const at = this.at(td), state = td.dataset.s || ''; return { value: exact(at.kind, td.dataset.v ?? td.textContent, state), state }; }
  change(list, silent) {
    const step = [];
    for (const { td, value, state } of list) {
      const at = this.at(td); if (!at.slot || !this.open) continue;
      this.keep(td);
      const from = td.dataset.old ? JSON.parse(td.dataset.old) : this.known(td);
      delete td.dataset.old;
      if (from.value === value && from.state === state && !td.classList.contains('refused')) { this.repaint(td); continue; }
      step.push({ pupil: at.pupil, slot: at.slot, from, to: { value, state } });
      const op = { op_id: newId(), pupil: at.pupil, slot: at.slot, value, base: Number(td.dataset.b || 0), state };
      this.queue.put(op); this.paint(op);
    }
    if (!silent) this.steps.add(step);
    if (step.length) { this.status(); clearTimeout(this.timer); this.timer = setTimeout(() => this.send(), SEND_AFTER); }
  }
  paint(op) {
    const td = this.find(op.pupil, op.slot); if (!td) return;
    const at = this.at(td); this.write(td, at.kind, op.value, op.state); td.classList.add('waiting'); td.classList.remove('refused', 'conflict');
  }
  write(td, kind, value, state) {
    td.textContent = shown(kind, value, state); td.dataset.v = kind === 'mark' ? value.replace('.', ',') : value;
    if (state === 'PENDING_MAKEUP' || state === 'ZERO_NO_MAKEUP') td.dataset.s = state; else delete td.dataset.s;
  }
  repaint(td) { const at = this.at(td), now = this.known(td); if (at.kind) td.textContent = shown(at.kind, now.value, now.state); }
  targets() { const cells = this.picked?.length ? this.picked : [this.cell]; return cells.filter((td) => td && this.at(td).slot); }
  clear() { this.buffer = ''; this.change(this.targets().map((td) => ({ td, value: '', state: '' }))); }
  special(state) {
    this.buffer = ''; const cells = this.targets().filter((td) => this.at(td).periodic);
    if (!cells.length) return this.say('Chỉ dùng cho ô giữa kì và cuối kì.');
    this.change(cells.map((td) => ({ td, value: '', state }))); if (cells.length === 1) this.next();
  }
  fill() { const cells = this.targets(); if (cells.length < 2) return; const first = this.known(cells[0]); this.change(cells.slice(1).filter((td) => this.at(td).kind === this.at(cells[0]).kind).map((td) => ({ td, ...first }))); }
  undo() { this.flush(); this.apply(this.steps.undo()); }
  redo() { this.flush(); this.apply(this.steps.redo()); }
  apply(step) { if (step) this.change(step.map((c) => ({ td: this.find(c.pupil, c.slot), ...c.to })), true); }

  copy(e) {
    if (e.target.closest('input, textarea') || !this.cell) return;
    const rows = new Map(); for (const td of this.range()) { const r = this.at(td).row; rows.set(r, [...(rows.get(r) || []), td.textContent]); }
    e.clipboardData.setData('text/plain', [...rows.values()].map((r) => r.join('\t')).join('\n')); e.preventDefault();
  }
  paste(e) {
    if (e.target.closest('input, textarea') || !this.cell || !this.open) return;
    e.preventDefault(); this.buffer = '';
    const data = table(e.clipboardData.getData('text/plain')), cells = this.targets(), list = [], bad = []; let outside = 0;
    const put = (td, text) => { const at = this.at(td); if (!at.slot) { outside++; return; } if (text.trim().toLowerCase() === 'v' && at.periodic) { list.push({ td, value: '', state: 'PENDING_MAKEUP' }); return; } const read = parse(at.kind, text); if (read.error) bad.push(`${this.name(td)}: ${read.error}`); else list.push({ td, value: read.value, state: '' }); };
    if (data.length === 1 && data[0].length === 1 && cells.length > 1) for (const td of cells) put(td, data[0][0]);
    else {
      const top = this.at(this.range()[0]);
      data.forEach((line, r) => line.forEach((text, c) => { const td = this.rows[top.row + r]?.cells[top.col + c]; if (this.inside(td)) put(td, text); else if (text.trim()) outside++; }));
    }
    this.change(list);
    const parts = []; if (bad.length) parts.push(`${bad.length} ô không dán được: ${bad.slice(0, 3).join(' ')}`); if (outside) parts.push(`${outside} giá trị nằm ngoài các cột nhập được nên bỏ qua.`);
    this.say(parts.join(' ')); if (!parts.length) this.status(`Đã dán ${list.length} ô`);
  }
  press(e) { const td = e.target.closest('td'); if (!this.inside(td) || e.target.closest('input, textarea')) return; if (this.input) this.endEdit(true); e.preventDefault(); this.dragging = e.pointerType === 'mouse'; this.go(td, e.shiftKey); }
  drag(e) { const td = e.target.closest('td'); if (this.dragging && this.inside(td) && e.buttons === 1) this.go(td, true); }
  tap(e) { const td = e.target.closest('td'); if (this.phone.matches && this.open && this.inside(td) && this.at(td).kind === 'text') this.edit(); } // a phone has no other key for it
  double(e) { if (this.open && this.inside(e.target.closest('td'))) this.edit(); }
  say(text) { this.note.textContent = text; }

  // -- sending
  async send() {
    if (this.busy || this.stopped || !this.queue.waiting.size) return;
    this.busy = true;
    const ops = this.queue.take(LIMIT, (op) => Number(this.find(op.pupil, op.slot)?.dataset.b || 0));
    this.status();
    try {
      const body = JSON.stringify({ sheet: this.dataset.sheet, ops: ops.map((o) => (o.state ? o : { op_id: o.op_id, pupil: o.pupil, slot: o.slot, value: o.value, base: o.base })) });
      const answer = await fetch(this.dataset.opsUrl, { method: 'POST', body, headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.dataset.csrf } });
      if (answer.status >= 500) throw new Error('server');
      if (!answer.ok) return this.halt(await answer.json().catch(() => ({})), answer.status);
      this.take(ops, await answer.json());
    } catch {
      this.queue.back(); const wait = RETRY[Math.min(this.tries++, RETRY.length - 1)];
      this.status(`Mất mạng: ${this.queue.size} ô chờ gửi, vẫn giữ trên máy này`, 'off');
      setTimeout(() => this.send(), wait);
    } finally { this.busy = false; }
    if (this.queue.waiting.size && !this.tries) this.send();
  }
  take(ops, answer) {
    this.tries = 0; this.queue.answered();
    const by = new Map(ops.map((o) => [o.op_id, o]));
    for (const r of answer.results) {
      const op = by.get(r.op_id), td = op && this.find(op.pupil, op.slot); if (!td) continue;
      const newer = this.queue.waiting.has(op.pupil + op.slot); td.classList.toggle('waiting', newer);
      if (r.status === 'done' || r.status === 'same') { td.dataset.b = r.version; if (!newer) this.write(td, this.at(td).kind, r.value, r.state || ''); }
      else if (r.status === 'conflict') { td.classList.add('conflict'); this.conflicts.push({ op, r, td }); }
      else { td.classList.add('refused'); td.title = r.message; td.dataset.old = JSON.stringify({ value: r.value, state: r.state === 'MARK' || r.state === 'EMPTY' ? '' : r.state }); this.say(`${this.name(td)}: ${r.message}`); }
    }
    for (const { pupil, calc } of answer.rows) for (const [code, text] of Object.entries(calc)) { const row = this.byPupil.get(pupil); if (row && code in this.calc) row.cells[this.calc[code]].textContent = text; }
    this.savedAt = new Date().toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit' });
    this.status(); if (this.conflicts.length) this.decide();
  }
  halt(problem, status) { // refused as a whole: closed meanwhile, signed out; nothing typed is thrown away
    this.queue.back(); this.stopped = true;
    const why = status === 401 ? 'Phiên đăng nhập đã hết. Hãy tải lại trang để đăng nhập.' : problem.title || 'Máy chủ không nhận.';
    this.say(`${why} ${this.queue.size} ô chưa gửi vẫn giữ trên máy này.`); this.status('Chưa lưu được', 'bad');
  }

  // -- dialogs
  dialog(title, content, buttons) {
    const d = document.createElement('dialog'), h = document.createElement('h2'), row = document.createElement('p'); h.textContent = title; row.className = 'row';
    for (const [text, act] of buttons) { const b = document.createElement('button'); b.type = 'button'; b.className = 'btn'; b.textContent = text; b.addEventListener('click', () => { d.close(); act?.(); }); row.append(b); }
    d.className = 'stack'; d.append(h, content, row); d.setAttribute('aria-label', title); d.addEventListener('close', () => { d.remove(); this.cell?.focus(); });
    this.append(d); d.showModal(); return d;
  }
  decide() {
    if (this.deciding) return; const next = this.conflicts.shift(); if (!next) return;
    this.deciding = true;
    const { op, r, td } = next, at = this.at(td), p = document.createElement('p');
    const mine = shown(at.kind, op.value, op.state) || 'trống', theirs = shown(at.kind, r.value, r.state === 'MARK' || r.state === 'EMPTY' ? '' : r.state) || 'trống';
    p.textContent = `${this.name(td)}, ${this.heads[at.col].title || this.heads[at.col].textContent}. ${r.message}`;
    const settle = () => { td.classList.remove('conflict'); td.dataset.b = r.version; };
    this.dialog('Hai người cùng sửa một ô', p, [
      [`Giữ của ${r.by || 'người khác'}: ${theirs}`, () => { settle(); this.write(td, at.kind, r.value, r.state === 'MARK' || r.state === 'EMPTY' ? '' : r.state); }],
      [`Dùng của tôi: ${mine}`, () => { settle(); this.write(td, at.kind, r.value, r.state === 'MARK' || r.state === 'EMPTY' ? '' : r.state); this.change([{ td, value: op.value, state: op.state }]); }],
    ]).addEventListener('close', () => { this.deciding = false; this.decide(); }); // closed without a choice: the cell stays marked
  }
  async history() {
    const at = this.cell && this.at(this.cell); if (!at?.slot) return this.say('Hãy chọn một ô điểm.');
    const t = document.createElement('table'); t.innerHTML = '<thead><tr><th>Lúc</th><th>Người</th><th>Cũ</th><th>Mới</th><th>Cách</th></tr></thead>'; const body = t.createTBody();
    try {
      const { changes } = await (await fetch(`${this.dataset.historyUrl}?pupil=${at.pupil}&slot=${at.slot}`, { headers: { Accept: 'application/json' } })).json();
      for (const c of changes) { const row = body.insertRow(); for (const v of [c.at, c.by, c.old || '–', c.new || '–', c.reason ? `${c.source}: ${c.reason}` : c.source]) row.insertCell().textContent = v; }
      if (!changes.length) { const cell = body.insertRow().insertCell(); cell.colSpan = 5; cell.textContent = 'Ô này chưa từng được nhập.'; }
    } catch { body.insertRow().insertCell().textContent = 'Không tải được lịch sử khi mất mạng.'; }
    this.dialog(`Lịch sử: ${this.name(at.td)}, ${this.heads[at.col].textContent}`, t, [['Đóng']]);
  }
  correct() { const at = this.cell && this.at(this.cell); if (at?.slot && this.dataset.correctUrl) location.href = `${this.dataset.correctUrl}?pupil=${at.pupil}&slot=${at.slot}`; }
}
customElements.define('grade-grid', GradeGrid);
export { LETTER_KINDS };
