// Pure parts of the grade grid: what typed text means, identities, queue, undo. No page needed.

const LETTERS = {
  pass: { d: 'Đ', đ: 'Đ', c: 'CĐ' },
  thc: { t: 'T', h: 'H', c: 'C' },
  tdc: { t: 'T', d: 'Đ', đ: 'Đ', c: 'C' },
  level4: { t: 'T', k: 'K', d: 'Đ', đ: 'Đ', c: 'CĐ' },
};
const WORDS = { 'đạt': 'Đ', 'chưa đạt': 'CĐ', 'cđ': 'CĐ', 'cd': 'CĐ', 'tốt': 'T', 'khá': 'K', 'hoàn thành tốt': 'T', 'hoàn thành': 'H', 'chưa hoàn thành': 'C' };
export const LETTER_KINDS = new Set(Object.keys(LETTERS));

/** The exact value of a whole text (pasted or finished typing): {value} or {error}. */
export function parse(kind, raw) {
  const text = raw.normalize('NFC').trim();
  if (text === '') return { value: '' };
  if (kind === 'text') return text.length > 1000 ? { error: 'Nhận xét dài quá 1000 kí tự.' } : { value: text };
  if (kind === 'mark') {
    const m = /^(\d{1,2})(?:[.,](\d{1,6}))?$/.exec(text);
    if (!m) return { error: `«${text}» không phải điểm.` };
    const tenths = Math.floor((Number(m[1]) * 1e6 + Number((m[2] || '').padEnd(6, '0')) + 5e4) / 1e5);
    if (Number(m[1]) > 10 || (Number(m[1]) === 10 && Number(m[2] || 0) > 0)) return { error: `«${text}» không phải điểm từ 0 đến 10.` };
    return { value: `${Math.floor(tenths / 10)}.${tenths % 10}` };
  }
  if (kind === 'whole') return /^(\d|10)$/.test(text) ? { value: text } : { error: `«${text}» không phải điểm nguyên từ 0 đến 10.` };
  if (kind === 'count') return /^\d{1,3}$/.test(text) && Number(text) <= 400 ? { value: String(Number(text)) } : { error: `«${text}» không phải số buổi.` };
  const low = text.toLowerCase();
  const value = LETTERS[kind][low] || (Object.values(LETTERS[kind]).includes(WORDS[low]) ? WORDS[low] : undefined);
  return value ? { value } : { error: `«${text}» không dùng được ở cột này.` };
}

/** One more key in a cell: {buffer, done?, value?, again?}. Digits advance by themselves: 75 is 7,5. */
export function typeKey(kind, buffer, key) {
  const k = key.toLowerCase();
  if (LETTER_KINDS.has(kind)) {
    const value = LETTERS[kind][k];
    return value ? { buffer: '', done: true, value } : null;
  }
  if (kind === 'count') return /\d/.test(key) && buffer.length < 3 ? { buffer: buffer + key } : null;
  if (kind === 'whole') {
    if (!/\d/.test(key)) return null;
    if (buffer === '1') return key === '0' ? { buffer: '', done: true, value: '10' } : { buffer: '', done: true, value: '1', again: key };
    return key === '1' ? { buffer: '1', wait: true } : { buffer: '', done: true, value: key };
  }
  if (kind !== 'mark') return null;
  if (key === ',' || key === '.') return /^\d{1,2}$/.test(buffer) ? { buffer: buffer + ',' } : null;
  if (!/\d/.test(key)) return null;
  if (buffer === '') return { buffer: key };
  if (buffer === '1' && key === '0') return { buffer: '', done: true, value: '10.0' };
  if (/^\d$/.test(buffer)) return { buffer: '', done: true, value: `${buffer}.${key}` };
  if (/^\d,$/.test(buffer)) return { buffer: '', done: true, value: `${buffer[0]}.${key}` };
  return null;
}

/** What a cell shows for an exact value. */
export function shown(kind, value, state) {
  if (state === 'PENDING_MAKEUP') return 'v';
  if (state === 'ZERO_NO_MAKEUP') return kind === 'pass' ? 'CĐ✗' : '0✗';
  return kind === 'mark' ? value.replace('.', ',') : value;
}

/** The exact value behind what a cell shows. */
export function exact(kind, text, state) {
  if (state) return '';
  return kind === 'mark' ? text.replace(',', '.') : text;
}

const QUOTED = /^"(?=[^"]*(?:""|[\t\r\n]))(?:[^"]|"")*"(?=[\t\r\n]|$)/;

/** Rows and columns of pasted text, as Excel and others put it on the clipboard. */
export function table(text) {
  const rows = [[]];
  let cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { cell += '"'; i++; } else if (c === '"') quoted = false; else cell += c;
    } else if (c === '"' && cell === '' && QUOTED.test(text.slice(i))) quoted = true; // else a plain quotation mark
    else if (c === '\t') { rows.at(-1).push(cell); cell = ''; }
    else if (c === '\n' || c === '\r') { if (c === '\r' && text[i + 1] === '\n') i++; rows.at(-1).push(cell); cell = ''; rows.push([]); }
    else cell += c;
  }
  rows.at(-1).push(cell);
  while (rows.length > 1 && rows.at(-1).every((x) => x === '')) rows.pop();
  return rows;
}

/** A UUIDv7 in its 22-character form. */
export function newId(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(10))) {
  const b = new Uint8Array(16);
  for (let i = 5, t = now; i >= 0; i--) { b[i] = t % 256; t = Math.floor(t / 256); }
  b.set(random, 6);
  b[6] = (b[6] & 15) | 0x70;
  b[8] = (b[8] & 63) | 0x80;
  return btoa(String.fromCharCode(...b)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Waiting operations, one per cell; what is on its way stays until it is answered. */
export class Queue {
  constructor(store, key) { this.store = store; this.key = key; this.waiting = new Map(); this.sent = []; }
  load() {
    try { for (const op of JSON.parse(this.store.getItem(this.key) || '[]')) this.waiting.set(op.pupil + op.slot, op); } catch { /* unreadable: nothing to restore */ }
    return [...this.waiting.values()];
  }
  save() {
    const all = [...this.sent, ...this.waiting.values()];
    try { if (all.length) this.store.setItem(this.key, JSON.stringify(all)); else this.store.removeItem(this.key); } catch { /* storage full or off: the page still holds it */ }
  }
  put(op) {
    const k = op.pupil + op.slot, before = this.waiting.get(k);
    if (before) op.base = before.base; // nobody saw the value in between
    else if (this.sent.some((s) => s.pupil + s.slot === k)) op.base = null; // known when the answer comes
    this.waiting.set(k, op); this.save();
  }
  take(limit, version) {
    this.sent = [...this.waiting.values()].slice(0, limit);
    for (const op of this.sent) { this.waiting.delete(op.pupil + op.slot); if (op.base === null) op.base = version(op); }
    this.save();
    return this.sent;
  }
  answered() { this.sent = []; this.save(); }
  back() { for (const op of this.sent) if (!this.waiting.has(op.pupil + op.slot)) this.waiting.set(op.pupil + op.slot, op); this.sent = []; this.save(); }
  get size() { return this.waiting.size + this.sent.length; }
}

/** Steps that can be undone and done again; a paste is one step. */
export class Steps {
  constructor() { this.done = []; this.undone = []; }
  add(step) { if (step.length) { this.done.push(step); this.undone = []; } if (this.done.length > 200) this.done.shift(); }
  undo() { const s = this.done.pop(); if (s) this.undone.push(s); return s && s.map((c) => ({ ...c, to: c.from, from: c.to })); }
  redo() { const s = this.undone.pop(); if (s) this.done.push(s); return s; }
}
