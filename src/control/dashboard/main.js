import { showAccess } from "./access.js";
import { hush } from "./announce.js";
import { showConnection } from "./connection.js";
import { byId, setAttribute } from "./dom.js";
import { EventsView } from "./events-view.js";
import { startKeyboard } from "./keyboard.js";
import { Live } from "./live.js";
import { showOverview } from "./overview.js";
import { parseRoute } from "./router.js";
import { ServiceView } from "./service-view.js";
import { ServicesView } from "./services-view.js";
import { Store } from "./store.js";
import { startTheme } from "./theme.js";
import { takeTokenFromAddress } from "./token.js";

/** @import { Route } from "./router.js" */
/** @typedef {{ title: string, element: HTMLElement, focus(): void, close(): void }} View */

takeTokenFromAddress();
const store = new Store();
const live = new Live(store);
startTheme(byId("theme"));
showOverview(byId("overview"), store);
showConnection(byId("connection"), store, live);
showAccess(byId("access"), store, live);
startKeyboard();

/** @type {View | undefined} */
let view;
let shown = "";
show();
if (!(view instanceof ServiceView)) live.open();
addEventListener("hashchange", () => {
  if (takeTokenFromAddress()) live.retry();
  show();
});

/** Shows what the address says. */
function show() {
  const route = parseRoute(location.hash);
  const wanted = route.view === "service" ? route.hostname : `#${route.view}`;
  if (wanted !== shown) {
    const isFirst = view === undefined;
    view?.close();
    hush();
    view = open(route);
    shown = wanted;
    byId("main").replaceChildren(view.element);
    document.title = view.title;
    if (!isFirst) view.focus();
  }
  if (view instanceof ServiceView && route.view === "service") view.showTab(route.tab);
  setAttribute(byId("nav-services"), "aria-current", route.view === "services" ? "page" : undefined);
  setAttribute(byId("nav-events"), "aria-current", route.view === "events" ? "page" : undefined);
}

/**
 * @param {Route} route
 * @returns {View}
 */
function open(route) {
  switch (route.view) {
    case "service":
      return new ServiceView(store, live, route.hostname);
    case "events":
      return new EventsView(store);
    default:
      return new ServicesView(store);
  }
}
