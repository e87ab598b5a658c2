// The sentence that is being said, and the word that is being said in it. `now()` and all times are
// seconds of the turn's sound.
function createCaptions(root, now) {
  let sentences = []; // {text, at, words: [{from, to, at}]}
  let shown = "";

  function sentence(number, text) {
    sentences[number] = { text, at: Infinity, words: [] };
  }

  // `words` are [text, second]; each is looked for behind the one before it.
  function spoken(number, at, words) {
    const one = sentences[number];
    if (!one) return;
    one.at = Math.min(one.at, at);
    for (const [text, due] of words) {
      const from = one.text.indexOf(text, one.words.at(-1)?.to ?? 0);
      if (from >= 0) one.words.push({ from, to: from + text.length, at: due });
    }
  }

  function draw() {
    const time = now();
    const one = sentences.findLast((sentence) => sentence && sentence.at <= time);
    const word = one?.words.findLast(({ at }) => at <= time);
    const looks = one ? `${sentences.indexOf(one)} ${word?.from}` : "";
    if (looks === shown) return;
    shown = looks;
    root.replaceChildren(...(one ? parts(one.text, word) : []));
  }

  function parts(text, word) {
    if (!word) return [text];
    const mark = document.createElement("mark");
    mark.textContent = text.slice(word.from, word.to);
    return [text.slice(0, word.from), mark, text.slice(word.to)];
  }

  function clear() {
    sentences = [];
    draw();
  }

  return { sentence, spoken, draw, clear };
}
