// A desk's tour: a card that shows one element of the page after another. Steps name their page and
// element; what is not there is passed over, and a step of another page goes there.
let card, target;

function make(tag, props, ...children) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
}

function button(text, act, className = '') {
  const made = make('button', { type: 'button', textContent: text, className });
  made.addEventListener('click', act);
  return made;
}

/** Invites by a line above the page, without taking the focus. */
export function invite(words, take, see) {
  const line = make('p', { id: 'tour-invite', className: 'invite' },
    make('span', { textContent: words.invite }),
    button(words.start, () => { line.remove(); take(); }),
    button(words.later, () => { see(); line.remove(); }, 'quiet'));
  document.getElementById('main').prepend(line);
}

/** Shows the tour from a step on; `ended` is called when it is over. */
export function tour(list, first, ended) {
  const words = list.dataset;
  const steps = [...list.children].map((li) => ({ ...li.dataset, text: li.textContent }));

  function end() {
    target?.classList.remove('toured');
    card?.remove();
    ended();
  }

  document.getElementById('tour-invite')?.remove();

  function go(index, by) {
    target?.classList.remove('toured');
    for (let at = index; steps[at]; at += by) {
      if (steps[at].page !== location.pathname) {
        try { sessionStorage.setItem('suyuan-tour-at', at); } catch { break; }
        location.assign(steps[at].page);
        return;
      }
      target = document.querySelector(steps[at].at);
      if (target?.getClientRects().length > 0) { show(at); return; }
    }
    end();
  }

  function show(at) {
    target.classList.add('toured');
    target.scrollIntoView({ block: 'center' });
    card?.remove();
    const last = at === steps.length - 1;
    const next = button(last ? words.done : words.next, () => go(at + 1, 1));
    const buttons = [next];
    if (at > 0) buttons.push(button(words.back, () => go(at - 1, -1), 'quiet'));
    if (!last) buttons.push(button(words.skip, end, 'quiet'));
    card = make('dialog', { className: 'tour' },
      make('p', { className: 'count', textContent: `${at + 1} / ${steps.length}` }),
      make('p', { id: 'tour-text', textContent: steps[at].text }),
      make('p', { className: 'acts' }, ...buttons));
    card.setAttribute('aria-label', words.title);
    card.setAttribute('aria-describedby', 'tour-text');
    card.addEventListener('keydown', (event) => {
      const act = { Escape: end, ArrowRight: () => go(at + 1, 1), ArrowLeft: () => at > 0 && go(at - 1, -1) };
      if (!act[event.key]) return;
      event.preventDefault();
      act[event.key]();
    });
    document.body.append(card);
    card.show();
    next.focus();
  }

  go(first, 1);
}
