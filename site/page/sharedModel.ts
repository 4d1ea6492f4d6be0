import type { FetchedModel } from "../modelFiles.ts";

/** A window of this page's, with what it has fetched for the others. */
interface SharingWindow extends Window {
  vitrineFetched?: FetchedModel;
}

const LOCK = "vitrine-model";

/**
 * A model that frames of one page hold once: the first fetches it, the others take its bytes. A frame that goes while it fetches lets
 * the next one do so. Pages without https have no locks, and each frame fetches
 * for itself.
 * @param fetchIt fetches the model, where no frame beside this one has it
 */
export async function sharedModel(fetchIt: () => Promise<FetchedModel>): Promise<FetchedModel> {
  const { locks } = navigator as Partial<Navigator>;
  if (parent === window || locks === undefined) return fetchIt();
  let isHeld = false;
  const locked = locks.request(LOCK, async () => {
    isHeld = true;
    const shared = fromSiblings() ?? (await fetchIt());
    (window as SharingWindow).vitrineFetched = shared;
    return shared;
  });
  return locked.catch((error: unknown) => {
    if (isHeld) throw error;
    return fetchIt(); // frames whose storage the reader or the page around has forbidden get no locks
  });
}

function fromSiblings(): FetchedModel | null {
  for (let i = 0; i < parent.length; i++)
    try {
      const sibling = parent[i] as SharingWindow;
      if (sibling !== window && sibling.vitrineFetched !== undefined) return sibling.vitrineFetched;
    } catch {
      // a frame of another origin, which has nothing for this one
    }
  return null;
}
