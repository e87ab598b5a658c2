// What the companion says, on one clock. Everything about a turn is told in seconds of its own sound:
// words and mouth look at `position()`, which stands still where the sound does, in a pause or while
// the next piece is awaited. What is heard lags behind the context's time by the output's latency.
const LEAD_SECONDS = 0.03;
const FADE_SECONDS = 0.015;

function createPlayer(context) {
  const output = context.createGain();
  output.connect(context.destination);
  let turn = null; // of what is being played
  let pieces = []; // {buffer, before, seconds, at, source}: `before` it lie so many seconds of sound
  let volume = null; // of the pieces that are scheduled, to let them fade together
  let made = 0; // seconds of sound there are
  let end = 0; // when what is scheduled ends
  let paused = null; // the position at which it waits
  let resampler = null;
  let whole = false; // nothing more comes

  const heardNow = () => context.currentTime - (context.outputLatency || 0);
  const inFrames = (seconds) => Math.round(seconds * context.sampleRate) / context.sampleRate;

  function begin(number) {
    hush();
    [turn, pieces, made, resampler, whole] = [number, [], 0, null, false];
    open();
  }

  function open() {
    [end, paused] = [0, null];
    volume = context.createGain();
    volume.connect(output);
  }

  // Returns the position at which this piece begins, or null when it comes too late to be wanted.
  function add(number, sound, rate) {
    if (number !== turn) return null;
    resampler ??= new Resampler(rate, context.sampleRate);
    const samples = resampler.push(Float32Array.from(sound, (sample) => sample / 32_768));
    const piece = { before: made, seconds: sound.length / rate, at: Infinity, source: null };
    made += piece.seconds;
    if (!samples.length) return piece.before;
    piece.buffer = context.createBuffer(1, samples.length, context.sampleRate);
    piece.buffer.copyToChannel(samples, 0);
    pieces.push(piece);
    if (paused === null) schedule(piece, 0);
    return piece.before;
  }

  // Behind what is scheduled, or at once; without its first `skipped` seconds.
  function schedule(piece, skipped) {
    const at = inFrames(Math.max(end, context.currentTime + LEAD_SECONDS));
    piece.source = new AudioBufferSourceNode(context, { buffer: piece.buffer });
    piece.source.connect(volume);
    piece.source.start(at, skipped);
    piece.at = at - skipped;
    end = piece.at + piece.buffer.duration;
  }

  // How many seconds of the turn's sound have been heard.
  function position() {
    if (paused !== null) return paused;
    const now = heardNow();
    const begun = pieces.findLast((piece) => piece.at <= now);
    return begun ? begun.before + Math.min(now - begun.at, begun.seconds) : 0;
  }

  const playing = () => turn !== null && pieces.length > 0 && (paused !== null || heardNow() < end);

  // No sound after some milliseconds, and no click.
  function fade() {
    const now = context.currentTime;
    volume?.gain.setTargetAtTime(0, now, FADE_SECONDS / 4);
    for (const { source } of pieces) source?.stop(now + FADE_SECONDS);
  }

  function pause() {
    if (turn === null || paused !== null) return;
    const here = position();
    fade();
    paused = here;
  }

  function resume() {
    if (turn === null || paused === null) return;
    const here = paused;
    open();
    for (const piece of pieces)
      if (piece.before + piece.seconds > here) schedule(piece, Math.max(0, here - piece.before));
      else piece.at = -Infinity;
  }

  // Stops for good, and says how far it came: {turn, seconds}.
  function hush() {
    const told = { turn, seconds: position() };
    fade();
    [turn, pieces, paused] = [null, [], null];
    return told;
  }

  return {
    begin,
    add,
    pause,
    resume,
    hush,
    position,
    playing,
    output,
    turn: () => turn,
    finish: (number) => (whole ||= number === turn),
    over: () => turn !== null && whole && !playing(),
  };
}
