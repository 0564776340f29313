/** Leaks are looked for when a process exits, which the runner's are not given the time for: it ends them by a signal. */

process.on("SIGTERM", () => process.exit());
