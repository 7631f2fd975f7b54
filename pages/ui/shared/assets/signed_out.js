clearInterval(window.getsmsSignedOut)
window.getsmsSignedOut = setInterval(() => {
  const app = document.querySelector("[data-testid=stApp]")
  if (!app || app.dataset.testConnectionState === "CONNECTED") return
  fetch("/keep", { redirect: "manual", cache: "no-store" })
    .then((response) => {
      if (response.type === "opaqueredirect") location.reload()
    })
    .catch(() => {})
}, 2000)
