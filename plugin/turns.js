// Counts the turns that the gateway runs, from its own events.

/** A turn without any event for so long counts as over, in milliseconds: its end may have been lost. */
const LOST_AFTER = 10 * 60_000;

/**
 * Reports how many turns run, now and at each change. An OpenClaw before 2026.3 has no such events: then nothing is
 * reported.
 *
 * @param {{ runtime?: { events?: { onAgentEvent?: Function } } }} api
 * @param {(count: number) => void} report
 * @returns {() => void} ends it
 */
export function watchTurns(api, report) {
  const events = api.runtime?.events;
  if (typeof events?.onAgentEvent !== "function") return () => {};
  /** When each running turn's last event came. */
  const turns = new Map();
  const reportChange = (change) => {
    const before = turns.size;
    change();
    if (turns.size !== before) report(turns.size);
  };
  const ignore = events.onAgentEvent(({ runId, stream, data }) => {
    const phase = stream === "lifecycle" ? data?.phase : undefined;
    if (phase === "end" || phase === "error") reportChange(() => turns.delete(runId));
    else if (phase === "start") reportChange(() => turns.set(runId, Date.now()));
    else if (turns.has(runId)) turns.set(runId, Date.now());
  });
  const forgetLost = () => {
    for (const [turn, at] of turns) if (Date.now() - at >= LOST_AFTER) turns.delete(turn);
  };
  const timer = setInterval(() => reportChange(forgetLost), LOST_AFTER / 10);
  timer.unref();
  report(0);
  return () => {
    clearInterval(timer);
    ignore();
  };
}
