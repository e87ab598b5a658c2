// What the companion says, on the one clock: sound, words and mouth are all told the second of
// `context.currentTime` at which they are due. What is heard lags behind it by the output's latency.
const LEAD_SECONDS = 0.03;
const FADE_SECONDS = 0.015;

function createPlayer(context) {
  const volume = context.createGain();
  volume.connect(context.destination);
  let turn = null; // of what is being played
  let pieces = []; // {source, at, seconds, before: seconds of the turn's sound ahead of it}
  let end = 0;
  let resampler = null;
  let whole = false; // nothing more comes

  const heardNow = () => context.currentTime - (context.outputLatency || 0);
  const length = () => pieces.reduce((sum, piece) => sum + piece.seconds, 0);

  function begin(number) {
    hush();
    turn = number;
    pieces = [];
    [end, resampler, whole] = [0, null, false];
    volume.gain.cancelScheduledValues(0);
    volume.gain.setValueAtTime(1, 0);
  }

  // Returns the second at which this piece is due, or null when it comes too late to be wanted.
  function add(number, sound, rate) {
    if (number !== turn) return null;
    resampler ??= new Resampler(rate, context.sampleRate);
    const samples = resampler.push(Float32Array.from(sound, (sample) => sample / 32_768));
    const frames = Math.round(Math.max(end, context.currentTime + LEAD_SECONDS) * context.sampleRate);
    const at = frames / context.sampleRate;
    const seconds = sound.length / rate;
    const source = samples.length ? played(samples, at) : null;
    pieces.push({ source, at, seconds, before: length() });
    end = at + samples.length / context.sampleRate;
    return at;
  }

  function played(samples, at) {
    const buffer = context.createBuffer(1, samples.length, context.sampleRate);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(volume);
    source.start(at);
    return source;
  }

  // How many seconds of the turn's sound have been heard.
  function position() {
    const now = heardNow();
    const begun = pieces.findLast((piece) => piece.at <= now);
    return begun ? begun.before + Math.min(now - begun.at, begun.seconds) : 0;
  }

  const playing = () => turn !== null && pieces.length > 0 && heardNow() < end;

  // Stops at once, without a click, and says how far it came: {turn, seconds}.
  function hush() {
    const told = { turn, seconds: position() };
    const now = context.currentTime;
    if (playing()) volume.gain.setTargetAtTime(0, now, FADE_SECONDS / 3);
    for (const { source } of pieces) source?.stop(now + FADE_SECONDS);
    turn = null;
    return told;
  }

  return {
    begin,
    add,
    hush,
    playing,
    now: heardNow,
    position,
    output: volume,
    turn: () => turn,
    finish: (number) => (whole ||= number === turn),
    over: () => turn !== null && whole && !playing(),
    // Softer while somebody may be about to speak.
    duck: (soft) => turn !== null && volume.gain.setTargetAtTime(soft ? 0.25 : 1, context.currentTime, 0.02),
  };
}
