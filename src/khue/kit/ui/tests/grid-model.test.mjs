// The pure parts of the grade grid; run with `node --test`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Queue, Steps, band, belongs, byNames, exact, newId, parse, quote, read, shown, table, typeKey, withoutHeads,
} from '../static/ui/grid-model.js';
import { _, learn } from '../static/ui/grid-words.js';

/** What a run of keys leaves: values taken, in order, and what is still in the cell. */
function typed(kind, keys) {
  const values = [];
  let buffer = '';
  for (const key of keys) {
    let step = typeKey(kind, buffer, key);
    if (!step) { values.push(`!${key}`); continue; }
    buffer = step.buffer;
    if (step.done) values.push(step.value);
    if (step.again) { step = typeKey(kind, '', step.again); buffer = step.buffer; if (step.done) values.push(step.value); }
  }
  return [values, buffer];
}

test('digits of a mark advance by themselves', () => {
  assert.deepEqual(typed('mark', '75'), [['7.5'], '']);
  assert.deepEqual(typed('mark', '10'), [['10.0'], '']);
  assert.deepEqual(typed('mark', '1015'), [['10.0', '1.5'], '']);
  assert.deepEqual(typed('mark', '7,5'), [['7.5'], '']);
  assert.deepEqual(typed('mark', '1,0'), [['1.0'], '']);
  assert.deepEqual(typed('mark', '00'), [['0.0'], '']);
  assert.deepEqual(typed('mark', '8'), [[], '8']);
  assert.deepEqual(typed('mark', 'x'), [['!x'], '']);
});

test('whole marks, levels and counts have their own keys', () => {
  assert.deepEqual(typed('whole', '9'), [['9'], '']);
  assert.deepEqual(typed('whole', '10'), [['10'], '']);
  assert.deepEqual(typed('whole', '15'), [['1', '5'], '']);
  assert.deepEqual(typed('pass', 'dcĐ'), [['Đ', 'CĐ', 'Đ'], '']);
  assert.deepEqual(typed('thc', 'thcx'), [['T', 'H', 'C', '!x'], '']);
  assert.deepEqual(typed('tdc', 'TdC'), [['T', 'Đ', 'C'], '']);
  assert.deepEqual(typed('level4', 'tkdc'), [['T', 'K', 'Đ', 'CĐ'], '']);
  assert.deepEqual(typed('count', '1234'), [['!4'], '123']);
  assert.deepEqual(typed('text', 'a'), [['!a'], '']);
});

test('a whole text is read exactly, half up, never as a binary fraction', () => {
  for (const [text, value] of [['7,5', '7.5'], ['7.5', '7.5'], ['8', '8.0'], ['6,25', '6.3'], ['6,24', '6.2'], ['1,005', '1.0'], ['2,675', '2.7'], ['0,05', '0.1'], ['10', '10.0'], ['9,99', '10.0'], ['', ''], [' 5 ', '5.0']]) assert.equal(parse('mark', text).value, value, text);
  for (const text of ['11', '10,5', '10,1', '-1', '7,5,', 'chín', '1e1', '７']) assert.ok(parse('mark', text).error, text);
  assert.equal(parse('whole', '10').value, '10');
  assert.equal(parse('whole', '7,0').value, '7');
  assert.ok(parse('whole', '7,5').error);
  assert.equal(parse('count', '007').value, '7');
  assert.ok(parse('count', '401').error);
  assert.equal(parse('pass', 'chưa đạt').value, 'CĐ');
  assert.equal(parse('pass', 'cd').value, 'CĐ');
  assert.equal(parse('thc', 'Hoàn thành tốt').value, 'T');
  assert.ok(parse('thc', 'khá').error);
  assert.equal(parse('level4', 'Khá').value, 'K');
  assert.equal(parse('text', 'Tiê\u0301n').value, 'Tiến');
  assert.ok(parse('text', 'a'.repeat(1001)).error);
});

test('what a cell shows and means', () => {
  assert.equal(shown('mark', '7.5', ''), '7,5');
  assert.equal(shown('mark', '', 'PENDING_MAKEUP'), 'v');
  assert.equal(shown('mark', '', 'ZERO_NO_MAKEUP'), '0✗');
  assert.equal(shown('pass', '', 'ZERO_NO_MAKEUP'), 'CĐ✗');
  assert.equal(exact('mark', '7,5', ''), '7.5');
  assert.equal(exact('mark', 'v', 'PENDING_MAKEUP'), '');
  assert.equal(exact('text', 'a, b', ''), 'a, b');
});

test('what belongs to a mark that has advanced by itself does not reach the next pupil', () => {
  assert.ok(belongs('mark', '10.0', '', ','));
  assert.ok(belongs('mark', '10.0', ',', '0'));
  assert.ok(!belongs('mark', '10.0', ',', '5'));
  assert.ok(!belongs('mark', '7.5', '', '8'));
  assert.ok(belongs('whole', '7', '', ','));
  assert.ok(belongs('whole', '7', ',', '5'));
  assert.ok(!belongs('whole', '7', '', '5'));
});

test('special states survive the clipboard', () => {
  assert.deepEqual(read('mark', 'v', true), { value: '', state: 'PENDING_MAKEUP' });
  assert.deepEqual(read('mark', '0✗', true), { value: '', state: 'ZERO_NO_MAKEUP' });
  assert.deepEqual(read('pass', 'CĐ✗', true), { value: '', state: 'ZERO_NO_MAKEUP' });
  assert.deepEqual(read('mark', '7,5', true), { value: '7.5', state: '' });
  assert.ok(read('mark', 'v', false).error);
  for (const text of ['a', 'a\tb', 'dòng\nhai', 'nói "vâng"']) assert.deepEqual(table(quote(text)), [[text]]);
});

test('headings above a pasted column are left out, marks never', () => {
  const fits = (c, text) => !read('mark', text, true).error;
  assert.deepEqual(withoutHeads([['TX3'], ['7,5'], ['8']], fits), { heads: 1, rows: [['7,5'], ['8']] });
  assert.equal(withoutHeads([['Điểm đánh giá'], ['ĐĐGgk'], ['8']], fits).heads, 2);
  assert.equal(withoutHeads([['chín'], ['8']], fits).heads, 0); // a wrong mark stays where it is, and is named
  assert.equal(withoutHeads([['9'], ['TX3']], fits).heads, 0);
  assert.equal(withoutHeads([['TX1', '7'], ['8', '9']], fits).heads, 0);
});

test('a list with names finds its pupils by name, in any order', () => {
  const names = ['Hà Phương Đào', 'Lê An', 'Vi Hữu Dũng', 'Lê Bình', 'Lê Bình'];
  const rows = [
    ['STT', 'Họ và tên', 'TX3'], ['1', 'Vi Hữu Dũng', '7'], ['2', 'ha phuong dao', '8'], ['3', 'Lê Bình', '6'],
    ['4', 'Lê Văn Mới', '5'],
  ];
  const found = byNames(rows, names);
  assert.deepEqual(found.lines, [{ row: 2, values: ['7'] }, { row: 0, values: ['8'] }]);
  assert.deepEqual(found.unknown, ['Lê Bình', 'Lê Văn Mới']); // two of a name: a person decides
  assert.equal(byNames([['7,5', '8'], ['6', '7']], names), null);
});

test('the band of phrases by the result', () => {
  const bands = { '8,0': 'strong', '7,9': 'good', '6,5': 'good', '6,4': 'fair', '5,0': 'fair', '4,9': 'weak' };
  for (const [text, name] of Object.entries(bands)) assert.equal(band(text), name, text);
  assert.equal(band('10'), 'strong');
  assert.equal(band('H'), 'H');
  assert.equal(band(''), '');
  assert.equal(band('Đ'), '');
});

test('words in another language', () => {
  learn({ 'Đã dán {n} ô.': '{n} cells pasted.' });
  assert.equal(_('Đã dán {n} ô.', { n: 3 }), '3 cells pasted.');
  assert.equal(_('Đã bỏ {n} dòng', { n: 0 }), 'Đã bỏ 0 dòng');
  learn({});
});

test('the clipboard of Excel', () => {
  assert.deepEqual(table('1\r\n2\r\n'), [['1'], ['2']]);
  assert.deepEqual(table('1\t2\n3\t4'), [['1', '2'], ['3', '4']]);
  assert.deepEqual(table('a\n\n\n'), [['a']]);
  assert.deepEqual(table('a\n\nb'), [['a'], [''], ['b']]);
  assert.deepEqual(table('"hai\ndòng"\tx'), [['hai\ndòng', 'x']]);
  assert.deepEqual(table('"nói ""vâng"""'), [['nói "vâng"']]);
  assert.deepEqual(table('"Chăm" học\nkhác'), [['"Chăm" học'], ['khác']]);
  assert.deepEqual(table('"mở mà không đóng\nkhác'), [['"mở mà không đóng'], ['khác']]);
  assert.deepEqual(table(''), [['']]);
});

test('identities are UUIDv7 in 22 characters, in the order of time', () => {
  const id = newId(0x0123456789ab, new Uint8Array(10).fill(255));
  assert.match(id, /^[A-Za-z0-9_-]{22}$/);
  const bytes = Buffer.from(id, 'base64url');
  assert.equal(bytes.subarray(0, 6).toString('hex'), '0123456789ab');
  assert.equal(bytes[6] >> 4, 7);
  assert.equal(bytes[8] >> 6, 2);
  assert.notEqual(newId(), newId());
});

class Store {
  constructor() { this.data = {}; }
  getItem(key) { return this.data[key] ?? null; }
  setItem(key, text) { this.data[key] = text; }
  removeItem(key) { delete this.data[key]; }
}
const op = (pupil, value, base = 0) => ({ op_id: newId(), pupil, slot: 'tx1', value, base, state: '' });

test('the queue keeps one operation per cell, through a reload, until it is answered', () => {
  const store = new Store(), queue = new Queue(store, 'k');
  queue.put(op('a', '1.0', 4));
  queue.put(op('a', '2.0', 9));
  queue.put(op('b', '3.0'));
  assert.equal(queue.size, 2);
  const again = new Queue(store, 'k');
  assert.deepEqual(again.load().map((o) => [o.value, o.base]), [['2.0', 4], ['3.0', 0]]);
  const sent = queue.take(10, () => 0);
  assert.equal(sent.length, 2);
  assert.equal(new Queue(store, 'k').load().length, 2);
  queue.answered();
  assert.deepEqual(store.data, {});
});

test('typing while a save is on its way waits for the version the answer brings', () => {
  const queue = new Queue(new Store(), 'k');
  queue.put(op('a', '1.0', 0));
  queue.take(10, () => 0);
  queue.put(op('a', '2.0', 0));
  assert.equal(queue.waiting.get('a tx1').base, null);
  queue.answered();
  assert.deepEqual(queue.take(10, () => 1).map((o) => o.base), [1]);
});

test('what was not answered goes again unchanged before anything newer; a full storage is no error', () => {
  const full = { getItem: () => '{broken', setItem() { throw new Error('full'); }, removeItem() {} };
  const queue = new Queue(full, 'k');
  assert.deepEqual(queue.load(), []);
  queue.put(op('a', '1.0', 4));
  queue.put(op('b', '1.0'));
  const first = queue.take(10, () => 0).map((o) => o.op_id);
  queue.put(op('a', '2.0', 4));
  assert.equal(queue.size, 2);
  assert.deepEqual(queue.take(10, () => 0).map((o) => o.op_id), first);
  queue.answered();
  assert.deepEqual(queue.take(10, () => 5).map((o) => [o.value, o.base]), [['2.0', 5]]);
});

test('left in the middle of a save, nothing newer overtakes it: no silent last writer', () => {
  const store = new Store(), queue = new Queue(store, 'k');
  queue.put(op('a', '1.0', 4));
  queue.take(10, () => 4);
  queue.put(op('a', '2.0', 4));
  const again = new Queue(store, 'k'); // the page was closed before the answer came
  assert.deepEqual(again.load().map((o) => o.value), ['1.0', '2.0']);
  assert.deepEqual(again.take(10, () => 9).map((o) => [o.value, o.base]), [['1.0', 4]]);
});

test('a conflict is held until someone decides, and asked again after a reload', () => {
  const store = new Store(), queue = new Queue(store, 'k'), mine = op('a', '1.0', 4);
  queue.put(mine);
  queue.take(10, () => 4);
  queue.answered();
  queue.hold(mine);
  assert.equal(queue.unsent, false);
  assert.deepEqual(new Queue(store, 'k').load().map((o) => [o.value, o.base]), [['1.0', 4]]);
  queue.decided(mine);
  assert.deepEqual(store.data, {});
});

test('undo and redo', () => {
  const steps = new Steps(), step = [{ pupil: 'a', slot: 's', from: 1, to: 2 }];
  steps.add(step);
  steps.add([]);
  assert.deepEqual(steps.undo(), [{ pupil: 'a', slot: 's', from: 2, to: 1 }]);
  assert.equal(steps.undo(), undefined);
  assert.deepEqual(steps.redo(), step);
  assert.equal(steps.redo(), undefined);
  steps.undo();
  steps.add([{ pupil: 'b', slot: 's', from: 1, to: 2 }]);
  assert.equal(steps.redo(), undefined);
});
