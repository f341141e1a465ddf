// Says in words why a passkey did not work; allauth only writes it to the console.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault();
  const name = event.detail.exception?.name, p = document.querySelector('#passkey-error') || document.createElement('p');
  p.id = 'passkey-error'; p.className = 'notice notice-warn'; p.setAttribute('role', 'alert');
  p.textContent = name === 'NotAllowedError' ? 'Chưa nhận được khoá: bạn đã huỷ, hết giờ, hoặc máy này chưa có khoá. Hãy thử lại, hoặc dùng cách khác.'
    : name === 'InvalidStateError' ? 'Khoá này đã được thêm rồi.'
    : name === 'SecurityError' ? 'Khoá truy cập chỉ dùng được trên https hoặc localhost.'
    : 'Trình duyệt này chưa dùng được khoá truy cập. Hãy dùng cách khác.';
  document.querySelector('main .auth, main').append(p);
});
