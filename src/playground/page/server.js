// Talks to the playground's server, and keeps in this tab what only this tab needs. The key in the address keeps other pages out.
const inAddress = new URLSearchParams(location.search).get("key");
if (inAddress) {
  // Another key is another start of the playground: what this tab remembered need not be true any more.
  if (sessionStorage.getItem("key") !== inAddress) sessionStorage.clear();
  sessionStorage.setItem("key", inAddress);
  history.replaceState(null, "", "/");
}
export const key = inAddress ?? sessionStorage.getItem("key") ?? "";

async function fetched(what, query, body) {
  const headers = { "x-playground-key": key, ...(body ? { "content-type": "application/json" } : {}) };
  let answer;
  try {
    answer = await fetch(`/api/${what}?${new URLSearchParams(query)}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("The playground has stopped. Start it again and open the address that it prints.");
  }
  if (answer.status === 401) throw new Error("This page's key is not right. Open the address that cxbot printed when it started.");
  if (!answer.ok) throw new Error((await answer.text()) || `The playground answered ${answer.status}.`);
  return answer;
}

export const call = async (what, query = {}, body) => (await fetched(what, query, body)).json();

/// Hands a file to the browser to save.
export async function save(what, query, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await (await fetched(what, query)).blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export const kept = (name) => JSON.parse(sessionStorage.getItem(name) ?? "null");
export const keep = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

/// One call for each change in the world, shortly after it; several at once are one.
export function onChange(look) {
  let planned;
  const events = new EventSource(`/api/events?key=${encodeURIComponent(key)}`);
  events.onmessage = () => {
    planned ??= setTimeout(() => { planned = undefined; look(); }, 40);
  };
  return () => { events.close(); clearTimeout(planned); };
}
