// Pure parts of the grade grid: what typed text means, identities, queue, undo. No page needed.
import { _ } from './grid-words.js';

const LETTERS = {
  pass: { d: 'Đ', đ: 'Đ', c: 'CĐ' },
  thc: { t: 'T', h: 'H', c: 'C' },
  tdc: { t: 'T', d: 'Đ', đ: 'Đ', c: 'C' },
  level4: { t: 'T', k: 'K', d: 'Đ', đ: 'Đ', c: 'CĐ' },
};
const WORDS = {
  'đạt': 'Đ', 'chưa đạt': 'CĐ', 'cđ': 'CĐ', 'cd': 'CĐ', 'tốt': 'T', 'khá': 'K',
  'hoàn thành tốt': 'T', 'hoàn thành': 'H', 'chưa hoàn thành': 'C',
};
export const PENDING = 'PENDING_MAKEUP', ZERO = 'ZERO_NO_MAKEUP';
export const LETTER_KINDS = new Set(Object.keys(LETTERS));

/** The exact value of a whole text (pasted or finished typing): {value} or {error}. */
export function parse(kind, raw) {
  const text = raw.normalize('NFC').trim();
  if (text === '') return { value: '' };
  if (kind === 'text') {
    return text.length > 1000 ? { error: _('Nhận xét dài quá 1000 kí tự.') } : { value: text };
  }
  if (kind === 'mark') return parseMark(text);
  if (kind === 'whole') {
    const whole = /^(\d|10)(?:[.,]0+)?$/.exec(text);
    if (whole) return { value: whole[1] };
    return { error: _('«{text}» không phải điểm nguyên từ 0 đến 10.', { text }) };
  }
  if (kind === 'count') {
    const fits = /^\d{1,3}$/.test(text) && Number(text) <= 400;
    return fits ? { value: String(Number(text)) } : { error: _('«{text}» không phải số buổi.', { text }) };
  }
  const low = text.toLowerCase(), letters = LETTERS[kind];
  const value = letters[low] || (Object.values(letters).includes(WORDS[low]) ? WORDS[low] : undefined);
  return value ? { value } : { error: _('«{text}» không dùng được ở cột này.', { text }) };
}

function parseMark(text) { // exact, half up: tenths from whole millionths, never a binary fraction
  const m = /^(\d{1,2})(?:[.,](\d{1,6}))?$/.exec(text);
  if (!m) return { error: _('«{text}» không phải điểm.', { text }) };
  const whole = Number(m[1]), part = Number((m[2] || '').padEnd(6, '0'));
  if (whole > 10 || (whole === 10 && part > 0)) {
    return { error: _('«{text}» không phải điểm từ 0 đến 10.', { text }) };
  }
  const tenths = Math.floor((whole * 1e6 + part + 5e4) / 1e5);
  return { value: `${Math.floor(tenths / 10)}.${tenths % 10}` };
}

/** The same, where a cell may also say «vắng, chờ bù» or «không bù»: {value, state} or {error}. */
export function read(kind, raw, periodic) {
  const low = raw.trim().toLowerCase();
  if (periodic && low === 'v') return { value: '', state: PENDING };
  if (periodic && (low === '0✗' || low === 'cđ✗')) return { value: '', state: ZERO };
  const found = parse(kind, raw);
  return found.error ? found : { value: found.value, state: '' };
}

/** One more key in a cell: {buffer, done?, value?, again?}. Digits advance by themselves: 75 is 7,5. */
export function typeKey(kind, buffer, key) {
  if (LETTER_KINDS.has(kind)) {
    const value = LETTERS[kind][key.toLowerCase()];
    return value ? { buffer: '', done: true, value } : null;
  }
  if (kind === 'count') return /\d/.test(key) && buffer.length < 3 ? { buffer: buffer + key } : null;
  if (kind === 'whole') return typeWhole(buffer, key);
  return kind === 'mark' ? typeMark(buffer, key) : null;
}

function typeWhole(buffer, key) { // 1 waits, it may become 10; what is no 0 belongs to the next pupil
  if (!/\d/.test(key)) return null;
  if (buffer === '1' && key === '0') return { buffer: '', done: true, value: '10' };
  if (buffer === '1') return { buffer: '', done: true, value: '1', again: key };
  return key === '1' ? { buffer: '1' } : { buffer: '', done: true, value: key };
}

function typeMark(buffer, key) {
  if (key === ',' || key === '.') return /^\d{1,2}$/.test(buffer) ? { buffer: buffer + ',' } : null;
  if (!/\d/.test(key)) return null;
  if (buffer === '') return { buffer: key };
  if (buffer === '1' && key === '0') return { buffer: '', done: true, value: '10.0' };
  return /^\d,?$/.test(buffer) ? { buffer: '', done: true, value: `${buffer[0]}.${key}` } : null;
}

/** Whether a key still belongs to a value that has advanced by itself: the «,0» of «10,0». */
export function belongs(kind, value, tail, key) {
  const text = tail + key;
  if (kind === 'whole') return /^[.,]\d?$/.test(text);
  return kind === 'mark' && value === '10.0' && /^[.,]0?$/.test(text);
}

/** What a cell shows for an exact value. */
export function shown(kind, value, state) {
  if (state === PENDING) return 'v';
  if (state === ZERO) return kind === 'pass' ? 'CĐ✗' : '0✗';
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
  const close = () => { rows.at(-1).push(cell); cell = ''; };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += '"'; i++; } else quoted = false;
    } else if (c === '"' && cell === '' && QUOTED.test(text.slice(i))) quoted = true; // else only a mark
    else if (c === '\t') close();
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      close(); rows.push([]);
    } else cell += c;
  }
  close();
  while (rows.length > 1 && rows.at(-1).every((x) => x === '')) rows.pop();
  return rows;
}

/** One cell for the clipboard, quoted where Excel would quote it. */
export const quote = (text) => (/[\t\n\r"]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase()
  .replace(/\s+/g, ' ').trim();
const HEADS = [
  'stt', 'so tt', 'tt', 'ho va ten', 'ho ten.*', 'ten', 'ngay sinh', 'diem.*', 'dd?g ?(tx|gk|ck).*', 'dtb.*',
  'tx ?\\d*', 'thuong xuyen.*', 'giua k[iy].*', 'cuoi (k[iy]|nam).*', 'hoc k[iy].*', 'hk ?(i|ii|1|2)',
  'muc.*', 'nhan xet.*', 'ren luyen.*', 'nghi.*',
];
const HEAD = new RegExp(`^(${HEADS.join('|')})$`);

/** Pasted rows without the heading rows above them; `fits` says what may stand in a column. */
export function withoutHeads(data, fits) {
  const head = (line) => line.some((text, c) => HEAD.test(plain(text)) && !fits(c, text))
    && line.every((text, c) => !plain(text) || !fits(c, text));
  let heads = 0;
  while (heads < data.length - 1 && heads < 4 && head(data[heads])) heads++;
  return { heads, rows: data.slice(heads) };
}

/** Pasted rows with a column of names: which pupil each belongs to, and what stands right of the name. */
export function byNames(data, names) {
  const known = new Map(), twice = -1;
  names.forEach((name, row) => known.set(plain(name), known.has(plain(name)) ? twice : row));
  const width = Math.max(...data.map((line) => line.length));
  for (let c = 0; c < width - 1; c++) {
    const given = data.filter((line) => plain(line[c] || '') && !HEAD.test(plain(line[c])));
    const found = given.filter((line) => known.has(plain(line[c])));
    if (found.length < 2 || found.length * 2 < given.length) continue;
    const lines = [], unknown = [];
    for (const line of given) {
      const row = known.get(plain(line[c])) ?? twice;
      if (row === twice) unknown.push(line[c].trim()); else lines.push({ row, values: line.slice(c + 1) });
    }
    return { lines, unknown };
  }
  return null;
}

/** The band of the phrase bank that fits a result: an average, or a level of primary school. */
export function band(result) {
  if (/^[THC]$/.test(result)) return result;
  const mark = /^\d+(,\d)?$/.test(result) ? Number(result.replace(',', '')) : NaN; // whole tenths
  const tenths = result.includes(',') ? mark : mark * 10;
  if (Number.isNaN(tenths)) return '';
  if (tenths >= 80) return 'strong';
  if (tenths >= 65) return 'good';
  return tenths >= 50 ? 'fair' : 'weak';
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

const cellOf = (op) => `${op.pupil} ${op.slot}`;

/**
 * Operations that wait, one per cell. A batch on its way stays as it is until it is answered and goes
 * again unchanged, because the server knows it by its op_id; conflicts are held until someone decides.
 */
export class Queue {
  constructor(store, key) {
    this.store = store; this.key = key;
    this.waiting = new Map(); this.sent = []; this.held = new Map();
  }
  load() {
    try {
      const kept = JSON.parse(this.store.getItem(this.key) || '{}');
      this.sent = kept.sent || [];
      for (const op of kept.waiting || []) this.waiting.set(cellOf(op), op);
    } catch { /* unreadable: nothing to restore */ }
    return this.all();
  }
  all() { return [...this.sent, ...this.held.values(), ...this.waiting.values()]; }
  save() {
    const waiting = [...this.held.values(), ...this.waiting.values()];
    try {
      if (!waiting.length && !this.sent.length) this.store.removeItem(this.key);
      else this.store.setItem(this.key, JSON.stringify({ sent: this.sent, waiting }));
    } catch { /* storage full or off: the page still holds it */ }
  }
  put(op) {
    const cell = cellOf(op), before = this.waiting.get(cell);
    if (before) op.base = before.base; // nobody saw the value in between
    else if (this.sent.some((s) => cellOf(s) === cell)) op.base = null; // known when the answer comes
    this.held.delete(cell); this.waiting.set(cell, op); this.save();
  }
  take(limit, version) {
    if (this.sent.length) return this.sent; // not answered yet: the same once more
    this.sent = [...this.waiting.values()].slice(0, limit);
    for (const op of this.sent) {
      this.waiting.delete(cellOf(op));
      if (op.base === null) op.base = version(op);
    }
    this.save();
    return this.sent;
  }
  answered() { this.sent = []; this.save(); }
  hold(op) { if (!this.waiting.has(cellOf(op))) { this.held.set(cellOf(op), op); this.save(); } }
  decided(op) { this.held.delete(cellOf(op)); this.save(); }
  clear() { this.waiting.clear(); this.held.clear(); this.answered(); }
  newer(op) { return this.waiting.has(cellOf(op)); }
  get unsent() { return this.sent.length + this.waiting.size > 0; }
  get size() { return new Set([...this.sent, ...this.waiting.values()].map(cellOf)).size; }
}

/** Steps that can be undone and done again; a paste is one step. */
export class Steps {
  constructor() { this.done = []; this.undone = []; }
  add(step) {
    if (step.length) { this.done.push(step); this.undone = []; }
    if (this.done.length > 200) this.done.shift();
  }
  undo() {
    const step = this.done.pop();
    if (step) this.undone.push(step);
    return step && step.map((change) => ({ ...change, to: change.from, from: change.to }));
  }
  redo() {
    const step = this.undone.pop();
    if (step) this.done.push(step);
    return step;
  }
}
