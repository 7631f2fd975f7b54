for (const button of document.querySelectorAll('.show')) {
  const field = button.parentElement.querySelector('input');
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    button.setAttribute('aria-pressed', String(!shown));
    field.focus();
  });
}
