// Speaking to a signing program on this computer (VGCA Sign Service, Khuê's agent): one message, one answer.
import { _ } from './grid-words.js';

const PATIENCE = 120000;

/**
 * Sends the messages one after the other, until the program says no or is not heard any more.
 * Gives the answers that came, and why there are no more of them.
 */
export function converse(url, messages, told = () => {}) {
  return new Promise((done) => {
    const answers = [];
    const off = _('Không gặp được chương trình ký trên máy này. Hãy mở chương trình, cắm token rồi bấm «Ký tiếp».');
    const late = _('Chương trình ký chưa trả lời. Hãy xem cửa sổ của nó rồi bấm «Ký tiếp».');
    let socket, timer;
    const end = (trouble) => { clearTimeout(timer); socket?.close(); done({ answers, trouble }); };
    const send = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(late), PATIENCE);
      socket.send(JSON.stringify(messages[answers.length].message));
    };
    try { socket = new WebSocket(url); } catch { end(off); return; }
    socket.addEventListener('open', send);
    socket.addEventListener('error', () => end(off));
    socket.addEventListener('close', () => end(off));
    socket.addEventListener('message', (event) => {
      let answer;
      try { answer = JSON.parse(event.data); } catch { end(off); return; }
      answers.push({ id: messages[answers.length].id, answer });
      told(answers.length);
      if (answer.Status !== 0) end(answer.Message || late);
      else if (answers.length < messages.length) send();
      else end('');
    });
  });
}
