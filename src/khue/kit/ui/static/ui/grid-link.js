// The grade grid's line to the server: batches out, answers in; what is typed stays until it is answered.
import { Queue } from './grid-model.js';
import { button, decide, make, stateOf } from './grid-dialogs.js';
import { _ } from './grid-words.js';

const SEND_AFTER = 150, LIMIT = 500, RETRY = [2000, 4000, 8000, 15000, 30000];
const BUSY = new Set([408, 425, 429]); // and 500 to 599: the server's trouble, it is tried again

export class Link {
  constructor(grid) {
    this.grid = grid; this.tries = 0; this.trouble = '';
    const { me, sheet } = grid.dataset;
    this.queue = new Queue(localStorage, `khue.grid.${me}.${sheet}`);
    addEventListener('online', () => this.send());
    const leave = () => { grid.settleTyping(); this.send(true); };
    addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave(); });
    addEventListener('pagehide', leave);
    addEventListener('beforeunload', (event) => {
      grid.settleTyping();
      if (this.queue.unsent && !this.stopped) event.preventDefault();
    });
  }

  put(op) {
    this.queue.put(op);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), SEND_AFTER);
  }

  status() {
    const n = this.queue.size, open = this.grid.undecided.size + this.grid.conflicts.length;
    if (this.stopped) return [_('Chưa lưu được: {n} ô chờ gửi, vẫn giữ trên máy này', { n }), 'bad'];
    if (this.trouble && n) return [_(this.trouble, { n }), 'off'];
    if (n) return [_('Đang gửi {n} ô…', { n })];
    if (open) return [_('{n} ô chờ bạn chọn giá trị', { n: open }), 'off'];
    if (this.savedAt) return [_('Đã lưu {at}', { at: this.savedAt })];
    return [this.grid.open ? _('Tự lưu khi nhập') : _('Chỉ xem')];
  }

  async send(leaving) {
    if (this.busy || this.stopped || !this.queue.unsent) return;
    this.busy = true; clearTimeout(this.again);
    const { grid } = this, { dataset } = grid;
    const ops = this.queue.take(LIMIT, (op) => Number(grid.find(op.pupil, op.slot)?.dataset.b || 0));
    grid.status();
    try {
      const wire = ops.map(({ state, ...op }) => (state ? { ...op, state } : op));
      const answer = await fetch(dataset.opsUrl, {
        method: 'POST', body: JSON.stringify({ sheet: dataset.sheet, ops: wire }), keepalive: !!leaving,
        headers: {
          'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': dataset.csrf,
        },
      });
      if (answer.status >= 500 || BUSY.has(answer.status)) {
        this.wait(_('Máy chủ đang bận: {n} ô chờ gửi, vẫn giữ trên máy này'));
      } else if (!answer.ok) this.halt(await answer.json().catch(() => ({})), answer.status);
      else this.take(ops, await answer.json());
    } catch {
      this.wait(_('Mất mạng: {n} ô chờ gửi, vẫn giữ trên máy này'));
    } finally { this.busy = false; }
    if (this.queue.unsent && !this.trouble) this.send();
  }

  wait(trouble) { // and try again by itself, each time a little later
    this.trouble = trouble;
    this.again = setTimeout(() => this.send(), RETRY[Math.min(this.tries++, RETRY.length - 1)]);
    this.grid.status();
  }

  take(ops, { results, rows }) {
    const { grid, queue } = this, by = new Map(ops.map((op) => [op.op_id, op]));
    this.tries = 0; this.trouble = ''; queue.answered();
    for (const result of results) {
      const op = by.get(result.op_id), td = op && grid.find(op.pupil, op.slot);
      if (td) this.taken(op, result, td);
    }
    for (const { pupil, calc } of rows) grid.calculated(pupil, calc);
    this.savedAt = new Date().toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit' });
    grid.status();
    decide(grid);
  }

  taken(op, result, td) {
    const { grid, queue } = this, newer = queue.newer(op);
    td.classList.toggle('waiting', newer);
    if (result.status === 'done' || result.status === 'same') {
      td.dataset.b = result.version;
      if (!newer) grid.write(td, result.value, result.state || '');
    } else if (result.status === 'conflict') {
      if (newer) return; // what was typed since meets the same conflict
      queue.hold(op);
      grid.mark(td, 'conflict');
      grid.conflicts.push({ op, result, td });
    } else {
      grid.mark(td, 'refused', result.message);
      td.dataset.old = JSON.stringify({ value: result.value, state: stateOf(result) });
      grid.say(`${grid.name(td)}: ${result.message}`);
    }
  }

  halt(problem, status) { // refused as a whole: closed meanwhile, signed out; nothing typed is thrown away
    this.stopped = true;
    const { grid } = this, out = status === 401 || problem.code === 'KIT-005'; // or signed in anew elsewhere
    const why = out ? _('Phiên đăng nhập đã hết.') : problem.title || _('Máy chủ không nhận.');
    const next = out ? _('Hãy đăng nhập lại, các ô này sẽ được gửi tiếp.')
      : _('Hãy tải lại trang để xem tình trạng.');
    const kept = _('{n} ô chưa gửi vẫn giữ trên máy này.', { n: this.queue.size });
    const note = make('p', `${why} ${kept} ${next}`, { class: 'grid-note', role: 'alert' }); // stays
    note.append(button(out ? _('Đăng nhập lại') : _('Tải lại trang'), () => location.reload()));
    grid.note.before(note);
    grid.status();
  }
}
