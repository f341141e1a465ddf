// <sign-tray>: follows a batch of signatures, whatever holds the key.
// The server asks phones and services itself; a token is reached from here, through the program that
// listens on this computer. What it answers goes back as it is: the server verifies every value.
import { _, learn } from './grid-words.js';
import { converse } from './sign-program.js';

const EVERY = 2000;

class SignTray extends HTMLElement {
  connectedCallback() {
    const words = document.getElementById('grid-words');
    if (words) learn(JSON.parse(words.textContent));
    if (this.dataset.state === 'waiting') this.follow();
  }

  disconnectedCallback() { clearTimeout(this.timer); }

  say(text) { const place = this.querySelector('[data-text]'); if (place && text) place.textContent = text; }

  async follow() {
    try {
      const answer = await fetch(this.dataset.url, { headers: { Accept: 'application/json' } });
      if (answer.ok) await this.take(await answer.json());
      else this.say((await answer.json().catch(() => ({}))).title);
    } catch { this.say(_('Mất mạng. Đợt ký được giữ lại, trang này sẽ tự thử lại.')); }
    if (!this.over) this.timer = setTimeout(() => this.follow(), EVERY);
  }

  async take(found) {
    const bar = this.querySelector('progress');
    if (bar) { bar.max = found.total; bar.value = found.signed; }
    if (found.state !== 'waiting') { this.over = true; location.reload(); return; }
    this.say(found.text);
    if (found.ask && !this.asked) { this.asked = true; await this.ask(found.ask); }
  }

  /** Speaks to the program on this computer: one message after the other, then posts what it said. */
  async ask({ url, messages, transaction, root }) {
    this.say(_('Hãy xem cửa sổ của chương trình ký và nhập mã PIN. Mã nội dung: {root}', { root: root.slice(0, 16) }));
    let posted;
    try {
      const bar = this.querySelector('progress');
      const answers = await converse(url, messages, (count) => { if (bar) bar.value = count; });
      posted = messages[0].id ? { transaction, answers } : { transaction, answer: answers[0].answer };
    } catch (trouble) {
      this.say(trouble.message);
      this.over = true; // the person starts the program and presses «Ký tiếp»
      return;
    }
    const answer = await fetch(this.dataset.acceptUrl, {
      method: 'POST', body: JSON.stringify(posted),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': this.dataset.csrf },
    });
    if (answer.ok) await this.take(await answer.json());
    else { this.over = true; this.say((await answer.json().catch(() => ({}))).title); }
  }
}

customElements.define('sign-tray', SignTray);
