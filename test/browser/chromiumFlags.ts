/**
 * Chromium gets ready to show what an address bar suggests, as a page of its own with its own process, for each window. Nobody
 * types into one here, and that page takes a second of CPU time.
 */
const SUGGESTIONS = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"];

/** What Playwright 1.65 switches off. Of two such lists Chromium reads the later. */
const BY_PLAYWRIGHT = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
];

/** For every browser that tests start. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  `--disable-features=${[...BY_PLAYWRIGHT, ...SUGGESTIONS].join(",")}`,
];
