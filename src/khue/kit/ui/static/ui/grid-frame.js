// What stands around the grade grid's table: toolbar, status, hint, and the roles a screen reader needs.
import { PENDING, ZERO } from './grid-model.js';
import { button, history, keys, make } from './grid-dialogs.js';
import { _ } from './grid-words.js';

/** Puts the table into its frame. */
export function frame(grid) {
  const wrap = make('div', '', { class: 'grid-wrap' });
  grid.table.replaceWith(wrap);
  wrap.append(grid.table);
  grid.bar = make('div', '', { class: 'grid-bar', role: 'toolbar', 'aria-label': _('Công cụ bảng điểm') });
  grid.line = make('span', '', { class: 'grid-status', role: 'status' });
  grid.note = make('p', '', { class: 'grid-note', role: 'alert' });
  grid.bar.append(grid.phone.picker, ...tools(grid), grid.line);
  wrap.before(grid.bar, grid.note);
  const text = grid.open ? hint(grid) : '';
  if (text) wrap.before(make('p', text, { class: 'grid-hint' }));
  wrap.after(grid.phone.pad);
  grid.phone.listen(wrap);
  describe(grid);
}

const periodic = (grid) => [...grid.heads].some((th) => th.dataset.periodic);

function tools(grid) {
  const quiet = (text, act, title = '') => button(text, act, 'btn btn-quiet', title);
  const wide = (made) => { made.classList.add('wide'); return made; }; // of no use on a phone
  const list = [];
  if (grid.open) {
    grid.undoButton = quiet(_('↶ Hoàn tác'), () => grid.undo(), 'Ctrl+Z');
    grid.redoButton = quiet(_('↷ Làm lại'), () => grid.redo(), 'Ctrl+Y');
    list.push(grid.undoButton, grid.redoButton);
    if (periodic(grid)) {
      list.push(quiet(_('Vắng, chờ bù'), () => grid.special(PENDING), _('Phím v')));
      const means = _('Không kiểm tra bù: 0 điểm hoặc Chưa đạt');
      list.push(quiet(_('Không bù'), () => grid.special(ZERO), means));
    }
    if (grid.bank.banded && 'remark' in grid.slots) {
      const what = _('Điền nhận xét theo kết quả vào các ô nhận xét còn trống; sửa lại hoặc hoàn tác được');
      list.push(quiet(_('Điền mẫu nhận xét'), () => { grid.flush(); grid.bank.suggest(); }, what));
    }
    grid.way = wide(quiet(_('Xuống ↓'), () => grid.turn(), _('Sau khi nhập, đi xuống hay sang phải')));
    list.push(grid.way);
  } else if (grid.dataset.correctUrl) list.push(quiet(_('Yêu cầu sửa điểm'), () => grid.correct(), 'Enter'));
  list.push(quiet(_('Lịch sử ô'), () => history(grid), 'Alt+H'));
  list.push(wide(quiet(_('Phím tắt'), () => keys(grid))));
  return list;
}

function hint(grid) { // how to type here, in one line
  const kinds = new Set([...grid.heads].map((th) => th.dataset.kind)), parts = [];
  if (kinds.has('mark')) parts.push(_('75 là 7,5'), _('10 là 10'), _('8 rồi Enter là 8,0'));
  if (kinds.has('whole')) parts.push(_('mỗi em một chữ số'), _('10 là 10'));
  if (kinds.has('pass')) parts.push(_('d là Đ, c là CĐ'));
  if (kinds.has('thc')) parts.push(_('t, h, c là T, H, C'));
  if (kinds.has('tdc')) parts.push(_('t, d, c là T, Đ, C'));
  if (kinds.has('level4')) parts.push(_('t, k, d, c là T, K, Đ, CĐ'));
  if (periodic(grid)) parts.push(_('v là vắng, chờ bù'));
  return parts.length ? _('Gõ: {keys} · dán được cả cột từ Excel', { keys: parts.join(' · ') }) : '';
}

function describe(grid) {
  grid.table.setAttribute('aria-multiselectable', 'true');
  if (!grid.open) grid.table.setAttribute('aria-readonly', 'true');
  for (const row of grid.rows) {
    for (const column of Object.values(grid.calc)) row.cells[column].setAttribute('aria-readonly', 'true');
  }
  for (const td of grid.table.querySelectorAll('td[data-s]')) grid.label(td, td.dataset.s);
}
