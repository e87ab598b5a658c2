// The line to the server: JSON for what is said about sound, binary for the sound itself. A line that
// is cut is tied again by itself, later and later.
const VERSION = 1;
const LONGEST_PAUSE = 8_000;
const MOST_UNSENT = 256 * 1024; // bytes; what the microphone hears beyond it is lost, not late

// `on[kind](facts, sound)` for each message, `on.tied()` and `on.cut()` for the line itself.
function createChannel(key, on) {
  let socket = null;
  let pause = 500;
  let over = false;
  let waiting = null; // facts whose sound comes next

  function tie() {
    const address = new URL("voice", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => send("hello", { version: VERSION, visit: key, ...on.tied() });
    socket.onmessage = ({ data }) => take(data);
    socket.onclose = ({ code }) => again(code);
  }

  function take(data) {
    const sound = typeof data === "string" ? null : new Int16Array(data);
    const facts = sound ? waiting : JSON.parse(data);
    waiting = null;
    if (facts?.sound && !sound) waiting = facts;
    else if (facts) on[facts.kind]?.(facts, sound);
    if (facts?.kind === "hello") pause = 500;
  }

  function again(code) {
    on.cut();
    if (over || code === 4409 || code === 4426) return; // another line took over; an older page
    setTimeout(tie, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  const ready = () => socket?.readyState === WebSocket.OPEN;

  function send(kind, facts = {}) {
    if (ready()) socket.send(JSON.stringify({ kind, ...facts }));
  }

  function sound(samples) {
    if (ready() && socket.bufferedAmount < MOST_UNSENT) socket.send(samples);
  }

  function close() {
    over = true;
    socket?.close();
  }

  tie();
  return { send, sound, close, ready, drop: () => socket?.close() };
}
