// Sends and confirms many files one by one: a line for each, a bar for all, and a way on after a lost
// connection. Without this script the same forms send everything at once. The page brings the words.

const FIRST_WAIT = 1000, LONGEST_WAIT = 16000, TRIES = 5;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** @typedef {{name: string, send: () => Promise<Response>, row?: HTMLElement, done?: object}} Job */

/** One act on many files. Answers are final; only silence (no network, server away) is tried again. */
class FileQueue extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector('form');
    this.form.addEventListener('submit', (event) => this.begin(event));
    window.addEventListener('beforeunload', (event) => { if (this.busy) event.preventDefault(); });
  }

  /** @param {SubmitEvent} event */
  async begin(event) {
    const jobs = this.jobs();
    if (jobs.length === 0 || this.busy) return;
    event.preventDefault();
    this.frame(jobs);
    await this.run(jobs);
  }

  /** @param {Job[]} jobs */
  frame(jobs) {
    const { list, bar } = this.parts();
    bar.max = jobs.length;
    bar.value = 0;
    list.replaceChildren(...jobs.map((job) => {
      job.row = document.createElement('li');
      job.row.textContent = job.name;
      return job.row;
    }));
    this.querySelector('.sending').hidden = false;
    this.querySelector('.sending').scrollIntoView({ block: 'nearest' });
  }

  parts() {
    const box = this.querySelector('.sending');
    return { box, list: box.querySelector('ul'), bar: box.querySelector('progress'), said: box.querySelector('p') };
  }

  /** @param {Job[]} jobs */
  async run(jobs) {
    const { bar, said } = this.parts();
    this.busy = true;
    this.form.inert = true;
    for (const job of jobs.filter((one) => !one.done)) {
      said.textContent = fill(this.dataset.now, { n: bar.value + 1, all: jobs.length, name: job.name });
      job.row.dataset.state = 'now';
      const answer = await this.ask(job);
      if (answer === null) return this.stop(jobs);
      job.done = answer;
      this.mark(job.row, job.name, answer);
      bar.value += 1;
    }
    this.busy = false;
    this.finish(jobs);
  }

  /** An answer of the server, or null when it stays silent. @param {Job} job */
  async ask(job) {
    for (let tried = 0; tried < TRIES; tried += 1) {
      try {
        const response = await job.send();
        if (![502, 503, 504].includes(response.status)) {
          const body = await response.json().catch(() => ({ title: this.dataset.broken }));
          return { ok: response.ok, ...body };
        }
      } catch { /* no network: wait, then again */ }
      if (tried + 1 < TRIES) await pause(Math.min(FIRST_WAIT * 2 ** tried, LONGEST_WAIT));
    }
    return null;
  }

  /** What came of one file, in its line. */
  mark(row, name, answer) {
    row.dataset.state = answer.ok ? answer.state || 'ok' : 'bad';
    const said = document.createElement('span');
    said.className = 'muted';
    said.textContent = answer.ok ? answer.said : answer.title;
    const link = document.createElement(answer.url ? 'a' : 'span');
    if (answer.url) link.href = answer.url;
    link.textContent = name;
    row.replaceChildren(link, ' ', said);
  }

  /** The connection is lost: what was done stays done, one button goes on. */
  stop(jobs) {
    const { said } = this.parts();
    this.busy = false;
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'btn btn-primary';
    again.textContent = this.dataset.again;
    again.addEventListener('click', () => this.run(jobs));
    said.replaceChildren(this.dataset.lost, ' ', again);
    again.focus();
  }
}

/** Choosing files: each is checked by the server, then the page of all of them opens. */
class SendFiles extends FileQueue {
  connectedCallback() {
    super.connectedCallback();
    const drop = this.querySelector('.drop');
    this.input = this.querySelector('input[type=file]');
    for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.toggleAttribute('data-over', name === 'dragenter' || name === 'dragover');
        if (name !== 'drop' || !event.dataTransfer?.files.length) return;
        this.input.files = event.dataTransfer.files;
        this.count();
      });
    }
    this.input.addEventListener('change', () => this.count());
    this.count();
  }

  count() {
    const files = [...this.input.files];
    const said = this.querySelector('[data-chosen]');
    said.textContent = files.length ? fill(this.dataset.chosen, { n: files.length }) : '';
  }

  /** @returns {Job[]} */
  jobs() {
    const choices = new FormData(this.form);
    choices.delete('files');
    return [...this.input.files].map((file) => ({
      name: file.name,
      send: () => {
        const body = new FormData();
        choices.forEach((value, key) => body.append(key, value));
        body.append('files', file);
        return fetch(this.dataset.one, { method: 'POST', body, headers: { Accept: 'application/json' } });
      },
    }));
  }

  finish(jobs) {
    const { said } = this.parts();
    const good = jobs.filter((job) => job.done.ok);
    const next = good.length === 1 ? good[0].done.url : good[0]?.done.batch;
    if (good.length === jobs.length) {
      window.location.assign(next);
      return;
    }
    said.textContent = fill(this.dataset.some, { n: good.length, all: jobs.length });
    this.form.inert = false;
    if (!next) return;
    const link = document.createElement('a');
    link.className = 'btn btn-primary';
    link.href = next;
    link.textContent = this.dataset.next;
    said.append(' ', link);
    link.focus();
  }
}

/** Confirming the chosen files of a sending. */
class ConfirmFiles extends FileQueue {
  /** @returns {Job[]} */
  jobs() {
    const token = this.form.elements.namedItem('csrfmiddlewaretoken').value;
    return [...this.querySelectorAll('input[name=run]:checked')].map((box) => ({
      name: box.dataset.name,
      send: () => fetch(box.dataset.url, {
        method: 'POST', headers: { Accept: 'application/json', 'X-CSRFToken': token },
      }),
    }));
  }

  finish(jobs) {
    if (jobs.every((job) => job.done.ok)) {
      window.location.reload();
      return;
    }
    const { said } = this.parts();
    said.textContent = fill(this.dataset.some, { n: jobs.filter((job) => job.done.ok).length, all: jobs.length });
    const link = document.createElement('a');
    link.className = 'btn';
    link.href = window.location.href;
    link.textContent = this.dataset.next;
    said.append(' ', link);
    link.focus();
  }
}

customElements.define('send-files', SendFiles);
customElements.define('confirm-files', ConfirmFiles);
