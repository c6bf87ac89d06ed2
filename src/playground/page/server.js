// Talks to the playground's server. The key in the address keeps other pages out.
const inAddress = new URLSearchParams(location.search).get("key");
if (inAddress) {
  sessionStorage.setItem("key", inAddress);
  history.replaceState(null, "", "/");
}
export const key = inAddress ?? sessionStorage.getItem("key") ?? "";

export async function call(what, query = {}, body) {
  const address = `/api/${what}?${new URLSearchParams(query)}`;
  const headers = { "x-playground-key": key, ...(body ? { "content-type": "application/json" } : {}) };
  const answer = await fetch(address, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  if (answer.status === 401) throw new Error("This page's key is not right. Open the address that cxbot printed when it started.");
  if (!answer.ok) throw new Error((await answer.text()) || `The playground answered ${answer.status}.`);
  return answer.json();
}
