// Hands the file, and what was set, to the page in the other language. It lies in this browser until that page has it.
const STORE = "handover", KEY = "held";

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore(work) {
  const opened = indexedDB.open("gatecast", 1);
  opened.onupgradeneeded = () => opened.result.createObjectStore(STORE);
  const base = await answered(opened);
  try {
    return await work(base.transaction(STORE, "readwrite").objectStore(STORE));
  } finally { base.close(); }
}

export function leave(held) { return inStore((store) => answered(store.put(held, KEY))); }

export function taken() {
  return inStore(async (store) => {
    const held = await answered(store.get(KEY));
    await answered(store.delete(KEY));
    return held;
  });
}
