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
form?.addEventListener("submit", () => {
  form.querySelector("[data-said]").textContent = "Analysing. A large export takes a minute.";
  form.querySelector("button").disabled = true;
});
addEventListener("pageshow", () => { if (form) form.querySelector("button").disabled = false; });
