// The face of whom one talks with: a drawn one moves, and the picture of a card stands still.
// `root` holds the portrait of the one named `worn`; `face()` is the face by now.
function createPortrait(root, now, worn) {
  let face = createFace(root, now);

  async function wear(id) {
    if (id === worn) return;
    worn = id;
    const asked = `personas/portrait?rig&id=${encodeURIComponent(id)}`;
    const answer = await fetch(asked).catch(() => null);
    if (!answer?.ok) return;
    const drawing = (answer.headers.get("content-type") ?? "").startsWith("image/svg");
    const content = drawing ? await answer.text() : URL.createObjectURL(await answer.blob());
    if (id !== worn) return; // somebody else was chosen meanwhile
    face.destroy();
    if (drawing) root.innerHTML = content; // our own drawing: a card's picture is no SVG
    else root.replaceChildren(Object.assign(new Image(), { src: content, alt: "" }));
    face = createFace(root, now);
  }

  return { face: () => face, wear };
}
