// Shows where a file can be let go, and that work goes on once it was.

for (const place of document.querySelectorAll(".drop")) {
  const over = (on) => (event) => {
    place.classList.toggle("over", on);
    if (event.type === "dragover" || event.type === "drop") event.preventDefault();
  };
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", over(false));
  place.addEventListener("drop", (event) => {
    over(false)(event);
    place.querySelector("input").files = event.dataTransfer.files;
  });
}
const form = document.querySelector("[data-upload]");
form?.addEventListener("submit", (event) => {
  const files = [...form.querySelectorAll("[type=file]")].flatMap((one) => [...one.files]);
  if (files.reduce((size, one) => size + one.size, 0) > form.dataset.upload) {
    event.preventDefault();
    form.querySelector("[data-said]").textContent =
      `Expected less than ${form.dataset.upload >> 20} MiB of files: outage-window analyze takes more.`;
    return;
  }
  form.querySelector("[data-said]").textContent = "Analysing. A large export takes a minute.";
  form.querySelector("button").disabled = true;
});
addEventListener("pageshow", () => { if (form) form.querySelector("button").disabled = false; });
