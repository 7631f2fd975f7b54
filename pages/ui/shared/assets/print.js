{
  const charts = () => document.querySelectorAll(".js-plotly-plot .main-svg")
  onbeforeprint = () => {
    for (const chart of charts()) {
      chart.setAttribute("viewBox", `0 0 ${chart.getAttribute("width")} ${chart.getAttribute("height")}`)
    }
  }
  onafterprint = () => {
    for (const chart of charts()) chart.removeAttribute("viewBox")
  }
}
