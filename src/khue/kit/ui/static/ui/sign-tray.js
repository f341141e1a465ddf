// <sign-tray>: follows a batch of signatures, whatever holds the key.
// The server asks phones and services itself; a token is reached from here, through the program that
// listens on this computer. What it answers goes back as it is: the server verifies every value.
import { _, learn } from './grid-words.js';
import { converse } from './sign-program.js';

const EVERY = 2000;
const JSON_TYPE = 'application/json';

class SignTray extends HTMLElement {
  connectedCallback() {
    const words = document.getElementById('grid-words');
    if (words) learn(JSON.parse(words.textContent));
    if (this.dataset.state === 'waiting') this.follow();
  }

  disconnectedCallback() { clearTimeout(this.timer); }

  say(text) {
    const place = this.querySelector('[data-text]');
    // The same text again would be read aloud again.
    if (place && text && place.textContent !== text) place.textContent = text;
  }

  async follow() {
    let wait = EVERY;
    try {
      const { posted } = this;
      const answer = await (posted ? this.post(posted) : fetch(this.dataset.url, { headers: { Accept: JSON_TYPE } }));
      this.posted = '';
      const found = await answer.json().catch(() => ({}));
      if (answer.ok) await this.take(found);
      else { this.say(found.title); this.over = Boolean(posted); }
      if (this.posted) wait = 0;
    } catch { this.say(_('Mất mạng. Đợt ký được giữ lại, trang này sẽ tự thử lại.')); }
    if (!this.over) this.timer = setTimeout(() => this.follow(), wait);
  }

  async take(found) {
    const bar = this.querySelector('progress');
    if (bar) { bar.max = found.total; bar.value = found.signed; }
    if (found.state !== 'waiting') { this.over = true; location.reload(); return; }
    this.say(found.text);
    if (found.ask && !this.asked) { this.asked = true; await this.ask(found.ask); }
  }

  /** Speaks to the program on this computer: one message after the other; what it said is posted then. */
  async ask({ url, messages, transaction, root }) {
    this.say(_('Hãy xem cửa sổ của chương trình ký và nhập mã PIN. Mã nội dung: {root}', { root: root.slice(0, 16) }));
    const bar = this.querySelector('progress');
    const { answers, trouble } = await converse(url, messages, (count) => { if (bar) bar.value = count; });
    // What was signed before the trouble is kept: the server takes it and says what is missing.
    if (answers.length) this.posted = JSON.stringify(messages[0].id ? { transaction, answers } : { transaction, answer: answers[0].answer });
    else { this.say(trouble); this.over = true; } // the person starts the program and presses «Ký tiếp»
  }

  post(body) {
    return fetch(this.dataset.acceptUrl, {
      method: 'POST', body, headers: { 'Content-Type': JSON_TYPE, Accept: JSON_TYPE, 'X-CSRFToken': this.dataset.csrf },
    });
  }
}

customElements.define('sign-tray', SignTray);
