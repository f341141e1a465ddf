// Says in words why a passkey did not work; allauth only writes it to the console. The page brings the words.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault();
  const p = document.querySelector('#passkey-error');
  const { cancelled, known, insecure, unable } = p.dataset;
  const words = { NotAllowedError: cancelled, InvalidStateError: known, SecurityError: insecure };
  p.textContent = words[event.detail.exception?.name] || unable;
  p.setAttribute('role', 'alert'); p.hidden = false;
  document.querySelector('main .auth, main').append(p);
});
