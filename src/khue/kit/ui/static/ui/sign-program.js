// Speaking to a signing program on this computer (VGCA Sign Service, Khuê's agent): one message, one answer.
import { _ } from './grid-words.js';

const PATIENCE = 120000;

/** Sends the messages one after the other; gives their answers, or fails with a sentence for the person. */
export function converse(url, messages, told = () => {}) {
  return new Promise((done, failed) => {
    const answers = [];
    const off = _('Không gặp được chương trình ký trên máy này. Hãy mở chương trình, cắm token rồi bấm «Ký tiếp».');
    const late = _('Chương trình ký chưa trả lời. Hãy xem cửa sổ của nó rồi bấm «Ký tiếp».');
    let socket, timer;
    const give = (reason) => { clearTimeout(timer); socket?.close(); failed(new Error(reason)); };
    const send = () => {
      clearTimeout(timer);
      timer = setTimeout(() => give(late), PATIENCE);
      socket.send(JSON.stringify(messages[answers.length].message));
    };
    try { socket = new WebSocket(url); } catch { give(off); return; }
    socket.addEventListener('open', send);
    socket.addEventListener('error', () => give(off));
    socket.addEventListener('close', () => { if (answers.length < messages.length) give(off); });
    socket.addEventListener('message', (event) => {
      let answer;
      try { answer = JSON.parse(event.data); } catch { give(off); return; }
      if (answer.Status !== 0 && answer.Message) { give(answer.Message); return; }
      answers.push({ id: messages[answers.length].id, answer });
      told(answers.length);
      if (answers.length < messages.length) { send(); return; }
      clearTimeout(timer); socket.close(); done(answers);
    });
  });
}
