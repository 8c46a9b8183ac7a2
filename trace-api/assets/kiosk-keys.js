// Collects what a keyboard-wedge scanner types, from the first moment on: this script runs before
// the page is there, so that a scan during loading is not lost. It works wherever the focus is and
// whatever input method is on: an input method hides `key`, but not `code`.
(() => {
  const GAP_MS = 80;
  const SHORTEST = 8;
  const SHIFTED = { Slash: '?', Semicolon: ':', Equal: '+', Minus: '_', Digit5: '%', Digit7: '&', Digit1: '!', Digit9: '(', Digit0: ')', Digit8: '*' };
  const PLAIN = { Slash: '/', Semicolon: ';', Equal: '=', Minus: '-', Period: '.', Comma: ',' };
  let text = '';
  let last = 0;
  const waiting = [];
  window.scans = { deliver: null, waiting };

  function character(event) {
    if (event.key.length === 1 && event.keyCode !== 229) return event.key;
    const { code, shiftKey } = event;
    if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
    if (/^(Digit|Numpad)[0-9]$/.test(code) && !(shiftKey && SHIFTED[code])) return code.at(-1);
    return (shiftKey ? SHIFTED[code] : PLAIN[code]) ?? '';
  }

  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const now = event.timeStamp; // when it was typed, however busy the page is
    if (now - last > GAP_MS) text = '';
    if (event.code === 'Enter' || event.key === 'Enter' || event.code === 'Tab' || event.key === 'Tab') {
      if (text.length < SHORTEST) { text = ''; return; }
      event.preventDefault();
      event.stopPropagation();
      const code = text;
      text = '';
      if (window.scans.deliver) window.scans.deliver(code); else waiting.push(code);
      return;
    }
    const next = character(event);
    if (!next) return;
    text += next;
    last = now;
    if (text.length > 1) event.preventDefault();
  }, true);
})();
