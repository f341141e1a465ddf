// Boxes of the grade grid: two values in one cell, a cell's history, the keys.
import { shown } from './grid-model.js';
import { _ } from './grid-words.js';

const shortcuts = () => [
  ['75', _('là 7,5: hai chữ số là xong một em, con trỏ tự xuống')],
  ['10', _('là 10')],
  ['8 Enter', _('là 8,0')],
  ['7,5 Enter', _('cũng được: Enter ngay sau điểm không nhảy thêm ô')],
  ['d c t k h', _('Đ, CĐ, T, K, H ở cột đánh giá bằng nhận xét và mức')],
  ['v', _('vắng, chờ kiểm tra bù (giữa kì, cuối kì)')],
  ['← ↑ → ↓ Tab Home End', _('đi giữa các ô; thêm Ctrl để tới đầu, cuối bảng')],
  ['Shift + ←↑→↓', _('chọn nhiều ô; hoặc kéo chuột')],
  ['Ctrl+C, Ctrl+X, Ctrl+V', _('chép, cắt, dán cả cột từ Excel')],
  ['Ctrl+D', _('chép ô đầu xuống các ô đang chọn')],
  ['Delete', _('xoá các ô đang chọn')],
  ['Ctrl+Z, Ctrl+Y', _('hoàn tác, làm lại')],
  ['F2', _('sửa tiếp nội dung của ô')],
  ['Alt+↓', _('tới mẫu nhận xét khi đang gõ nhận xét')],
  ['Alt+H', _('lịch sử của ô')],
];

/** A new element with a text and attributes. */
export function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** A button that keeps the focus in the table. */
export function button(text, act, classes = 'btn', title = '') {
  const made = make('button', text, { type: 'button', class: classes });
  if (title) made.title = title;
  made.addEventListener('mousedown', (event) => event.preventDefault());
  made.addEventListener('click', act);
  return made;
}

/** A modal box in the grid: content, and buttons that close it. */
function box(grid, title, content, buttons) {
  const dialog = make('dialog', '', { class: 'stack', 'aria-label': title });
  const row = make('p', '', { class: 'row' });
  for (const [text, act] of buttons) row.append(button(text, () => { dialog.close(); act?.(); }));
  row.firstChild.autofocus = true;
  dialog.append(make('h2', title), content, row);
  dialog.addEventListener('close', () => { dialog.remove(); grid.cell?.focus(); });
  grid.append(dialog);
  dialog.showModal();
  return dialog;
}

function tableOf(heads, rows) {
  const table = make('table'), head = table.createTHead().insertRow(), body = table.createTBody();
  for (const text of heads) head.append(make('th', text, { scope: 'col' }));
  for (const cells of rows) {
    const row = body.insertRow();
    for (const content of cells) row.insertCell().append(content);
  }
  const scroll = make('div', '', {
    class: 'table-scroll', tabindex: '0', role: 'group', 'aria-label': _('Bảng'),
  });
  scroll.append(table);
  return scroll;
}

/** What the server holds in a cell, as an answer tells it. */
export const stateOf = ({ state }) => (state === 'MARK' || state === 'EMPTY' ? '' : state || '');

/** Someone else was faster: both values with who and when; for many cells at once, one box. */
export function decide(grid) {
  if (grid.deciding || !grid.conflicts.length) return;
  grid.deciding = true;
  const open = grid.conflicts.splice(0);
  const dialog = open.length === 1 ? decideOne(grid, open[0]) : decideMany(grid, open);
  dialog.addEventListener('close', () => { // closed without a choice: the cells stay marked, Enter asks again
    grid.deciding = false;
    for (const conflict of open) if (!conflict.settled) grid.undecided.set(conflict.td, conflict);
    grid.status();
    decide(grid);
  });
}

function words(grid, { op, result, td }) {
  const kind = grid.at(td).kind;
  return {
    mine: shown(kind, op.value, op.state) || _('trống'),
    theirs: shown(kind, result.value, stateOf(result)) || _('trống'),
  };
}

function decideOne(grid, conflict) {
  const { mine, theirs } = words(grid, conflict), { result, td } = conflict;
  const text = make('p', `${grid.name(td)}, ${grid.title(td)}. ${result.message}`);
  const by = result.by || _('người khác');
  return box(grid, _('Hai người cùng sửa một ô'), text, [
    [_('Giữ của {by}: {value}', { by, value: theirs }), () => grid.settle(conflict, false)],
    [_('Dùng của tôi: {value}', { value: mine }), () => grid.settle(conflict, true)],
  ]);
}

function decideMany(grid, conflicts) {
  const mineToo = conflicts.map(() => make('input', '', { type: 'checkbox' }));
  const rows = conflicts.map((conflict, number) => {
    const { mine, theirs } = words(grid, conflict), label = make('label', '', { class: 'row' });
    label.append(mineToo[number], _('Dùng của tôi: {value}', { value: mine }));
    const where = `${grid.name(conflict.td)}, ${grid.title(conflict.td)}`;
    return [where, `${theirs}. ${conflict.result.message}`, label];
  });
  const settle = (mine) => conflicts.forEach((conflict, n) => grid.settle(conflict, mine(n)));
  return box(
    grid, _('{n} ô đã có người khác sửa', { n: conflicts.length }),
    tableOf([_('Ô'), _('Đang có'), _('Của tôi')], rows), [
      [_('Giữ tất cả của người khác'), () => settle(() => false)],
      [_('Dùng tất cả của tôi'), () => settle(() => true)],
      [_('Theo các ô đã đánh dấu'), () => settle((n) => mineToo[n].checked)],
    ],
  );
}

/** All changes of the chosen cell: when, who, old, new, how. */
export async function history(grid) {
  const at = grid.cell && grid.at(grid.cell);
  if (!at?.slot) { grid.say(_('Hãy chọn một ô điểm.')); return; }
  let content;
  try {
    const address = `${grid.dataset.historyUrl}?pupil=${at.pupil}&slot=${at.slot}`;
    const answer = await fetch(address, { headers: { Accept: 'application/json' } });
    const { changes } = await answer.json();
    content = changes.length
      ? tableOf([_('Lúc'), _('Người'), _('Cũ'), _('Mới'), _('Cách')], changes.map((c) => [
        c.at, c.by, c.old || '–', c.new || '–', c.reason ? `${c.source}: ${c.reason}` : c.source,
      ]))
      : make('p', _('Ô này chưa từng được nhập.'));
  } catch {
    content = make('p', _('Chưa tải được lịch sử. Hãy kiểm tra mạng hoặc đăng nhập lại rồi thử lần nữa.'));
  }
  const title = _('Lịch sử: {name}, {column}', { name: grid.name(at.td), column: grid.title(at.td) });
  box(grid, title, content, [[_('Đóng')]]);
}

/** What the keys do. */
export function keys(grid) {
  const rows = shortcuts().map(([key, what]) => [make('kbd', key), what]);
  box(grid, _('Phím dùng trong bảng'), tableOf([_('Phím'), _('Việc')], rows), [[_('Đóng')]]);
}
