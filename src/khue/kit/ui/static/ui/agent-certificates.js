// <agent-certificates>: reads certificates from the program on this computer, for the form to register.
// Khuê's agent lists what is on the token; VGCA Sign Service lists nothing, so a random hash is signed
// and the certificate is taken from its answer; that signature is thrown away.
import { _, learn } from './grid-words.js';
import { converse } from './sign-program.js';

class AgentCertificates extends HTMLElement {
  connectedCallback() {
    const words = document.getElementById('grid-words');
    if (words) learn(JSON.parse(words.textContent));
    const button = this.querySelector('[data-read]');
    button.hidden = false;
    button.addEventListener('click', () => this.read());
  }

  say(text) { this.querySelector('[data-text]').textContent = text; }

  async read() {
    const chosen = this.querySelector('[name=provider]').selectedOptions[0];
    const vgca = chosen.value === 'vgca';
    this.say(_('Đang hỏi chương trình ký…'));
    const message = vgca ? probe() : { Action: 'certificates' };
    const { answers, trouble } = await converse(chosen.dataset.url, [{ message }]);
    if (trouble) { this.say(trouble); return; }
    const { answer } = answers[0];
    const found = vgca
      ? [{ Key: '', CertBase64: answer.CertBase64, ChainBase64: [] }]
      : answer.Certificates || [];
    if (!found.length || !found[0].CertBase64) this.say(_('Token không có chứng thư nào. Hãy cắm đúng token rồi thử lại.'));
    else if (found.length === 1) this.give(found[0]);
    else this.choose(found);
  }

  /** Several on one token: one button each, named as the program names it. */
  choose(found) {
    const place = this.querySelector('[data-text]');
    place.replaceChildren(_('Chọn chứng thư:'), ' ');
    for (const one of found) {
      const button = document.createElement('button');
      button.type = 'button'; button.className = 'btn'; button.textContent = one.Name || one.Key;
      button.addEventListener('click', () => this.give(one));
      place.append(button, ' ');
    }
  }

  give({ Key, CertBase64, ChainBase64 }) {
    const form = this.querySelector('form');
    const put = (name, value) => {
      const field = document.createElement('input');
      field.type = 'hidden'; field.name = name; field.value = value; form.append(field);
    };
    put('provider_key', Key || ''); put('certificate', CertBase64);
    for (const one of ChainBase64 || []) put('chain', one);
    form.submit();
  }
}

function probe() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return { HashAlg: 'SHA256', HashValue: btoa(String.fromCharCode(...bytes)), Encode: 'RSA' };
}

customElements.define('agent-certificates', AgentCertificates);
