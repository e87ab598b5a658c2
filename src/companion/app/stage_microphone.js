// The microphone, on loan: asked for when it is needed, given back when it is not, so that the
// browser's sign of recording tells the truth.
const MICROPHONE_TROUBLE = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
};

// Recognisers understand less of what a noise suppressor leaves of speech.
const WANTED = { echoCancellation: true, noiseSuppression: false, autoGainControl: true };

// `hear(sound, level)` is called for each frame, `lost(trouble)` when the microphone goes away.
function createMicrophone(audio, code, hear, lost) {
  let stream = null;
  let nodes = [];
  let opening = null;

  async function begin() {
    if (!navigator.mediaDevices) throw "insecure";
    const context = await audio();
    stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
    stream.getAudioTracks()[0].addEventListener("ended", () => (close(), lost("unplugged")));
    await (context.microphoneReady ??= context.audioWorklet.addModule(code));
    const source = context.createMediaStreamSource(stream);
    const worklet = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
    worklet.port.onmessage = ({ data }) => hear(data.sound, data.level);
    source.connect(worklet);
    nodes = [source, worklet];
  }

  // Throws the name of what went wrong, a key of the words.
  async function open() {
    if (nodes.length) return;
    try {
      await (opening ??= begin());
    } catch (error) {
      close();
      throw error.name ? (MICROPHONE_TROUBLE[error.name] ?? "busy") : error;
    } finally {
      opening = null;
    }
  }

  function close() {
    stream?.getTracks().forEach((track) => track.stop());
    nodes.forEach((node) => node.disconnect());
    stream = null;
    nodes = [];
  }

  return { open, close, isOpen: () => nodes.length > 0 };
}
