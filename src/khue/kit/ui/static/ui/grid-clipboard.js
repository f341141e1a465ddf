// The grade grid's clipboard: cells out as Excel writes them, columns and lists of names in.
import { byNames, quote, read, table, withoutHeads } from './grid-model.js';
import { _ } from './grid-words.js';

/** The chosen cells as rows and columns of text. */
export function copied(grid) {
  const rows = new Map();
  for (const td of grid.range()) {
    const { row } = grid.at(td);
    rows.set(row, [...(rows.get(row) || []), quote(td.textContent)]);
  }
  return [...rows.values()].map((cells) => cells.join('\t')).join('\n');
}

/** Puts a pasted text into the cells from the chosen one on; one step to undo, and says what was left out. */
export function paste(grid, text) {
  const cells = grid.targets(), given = table(text);
  const job = { list: [], bad: [], outside: 0, unknown: [], heads: 0 };
  if (given.length === 1 && given[0].length === 1 && cells.length > 1) {
    for (const td of cells) put(grid, job, td, given[0][0]);
  } else block(grid, job, given);
  grid.change(job.list);
  tell(grid, job);
}

function block(grid, job, given) {
  const top = grid.at(grid.range()[0]);
  const { heads, rows } = withoutHeads(given, (c, text) => fits(grid.heads[top.col + c], text));
  const named = byNames(rows, [...grid.rows].map((row) => row.querySelector('th').textContent));
  const lines = named ? named.lines : rows.map((values, r) => ({ row: top.row + r, values }));
  job.heads = heads;
  job.unknown = named ? named.unknown : [];
  for (const { row, values } of lines) {
    values.forEach((text, c) => {
      const td = grid.rows[row]?.cells[top.col + c];
      if (grid.inside(td)) put(grid, job, td, text); else if (text.trim()) job.outside++;
    });
  }
}

function fits(head, text) {
  const { slot, kind, periodic } = head?.dataset || {};
  if (kind === 'text') return !/^nhận xét/i.test(text.normalize('NFC').trim());
  return !!slot && !read(kind, text, periodic).error;
}

function put(grid, job, td, text) {
  const { slot, kind, periodic } = grid.at(td);
  if (!slot) { if (text.trim()) job.outside++; return; }
  const found = read(kind, text, periodic);
  if (found.error) job.bad.push(`${grid.name(td)}: ${found.error}`); else job.list.push({ td, ...found });
}

function tell(grid, { list, bad, outside, unknown, heads }) {
  const parts = [_('Đã dán {n} ô.', { n: list.length })];
  if (heads) parts.push(_('Đã bỏ {n} dòng tiêu đề.', { n: heads }));
  const cells = bad.slice(0, 3).join(' '), names = unknown.slice(0, 5).join(', ');
  if (bad.length) parts.push(_('{n} ô không dán được: {cells}', { n: bad.length, cells }));
  if (unknown.length) parts.push(_('Không tìm được trong lớp: {names}.', { names }));
  if (outside) parts.push(_('{n} giá trị nằm ngoài các cột nhập được nên bỏ qua.', { n: outside }));
  grid.say(parts.join(' '), bad.length || unknown.length || outside ? '' : 'info');
}
