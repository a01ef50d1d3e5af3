// SPDX-License-Identifier: GPL-3.0-or-later
// What this machine shares, and how far the scan is.
import { useEffect } from "preact/hooks";
import { attempt, calls, world } from "../app";
import type { Share, SharesState } from "../api/types";
import { asSentence, count, duration, plain } from "../model/format";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { useSection } from "./hooks";
import { ShareFolder } from "./share_files";

function scanText(scan: SharesState): string {
  const parts = [
    scan.filesScanned !== undefined ? count(scan.filesScanned, "file") : "",
    scan.filesPerSecond ? `${Math.round(scan.filesPerSecond).toLocaleString("en")} files/s` : "",
    scan.secondsLeft !== undefined && scan.secondsLeft >= 0 ? `${duration(scan.secondsLeft)} left` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

const kShownWarnings = 5;
const nameOf = (share: Share): string => plain(share.alias || share.remotePath || share.localPath || "");

function Scan({ scan }: { scan: SharesState }) {
  const running = scan.scanning === true || scan.scanPending === true;
  const part = Math.round((scan.scanProgress ?? 0) * 100);
  return (
    <div class="card">
      <div class="card-head">
        <div>
          <p class="big">{count(scan.files ?? 0, "file")}</p>
          <p class="dim">in {count(scan.directories ?? 0, "folder")}</p>
        </div>
        {running ? (
          <button type="button" onClick={() => void attempt(() => calls.stopScan())}>Stop scan</button>
        ) : (
          <button type="button" class="primary" onClick={() => void attempt(() => calls.scan())}>Scan now</button>
        )}
      </div>
      {running && (
        <div class="scan">
          <progress class="wide" max={100} {...(scan.scanning && part > 0 ? { value: part } : {})} aria-label="Progress of the scan" />
          <p class="state-line"><span class="spinner" aria-hidden="true" />{scan.scanning ? `Scanning, ${part} %` : "The scan is about to start"}</p>
          <p class="dim">{scanText(scan)}</p>
          <p class="hint">Searches and uploads go on meanwhile.</p>
        </div>
      )}
      {!running && scan.faulted && <p class="problem">{scan.fault ? asSentence(scan.fault) : "The last scan failed: see the log, then scan again."}</p>}
      {(scan.warnings ?? []).slice(0, kShownWarnings).map((warning) => <p key={warning} class="hint">{asSentence(plain(warning))}</p>)}
      {(scan.warnings ?? []).length > kShownWarnings && <p class="hint">And {count((scan.warnings ?? []).length - kShownWarnings, "more warning")}.</p>}
      {!running && scan.cancelled && !scan.faulted && <p class="hint">The last scan was stopped; what was found before is shared.</p>}
    </div>
  );
}

export function SharesScreen({ folder }: { folder: string }) {
  return folder ? <ShareFolder path={folder} /> : <Shares />;
}

function Shares() {
  useSection("shares", "application");
  const scanning = world.scan.scanning === true;
  useEffect(() => {
    // Counts per folder are not among the events; they change when a scan begins or ends.
    void attempt(async () => world.setShares(await calls.shares()));
  }, [scanning]);
  const shares = Object.entries(world.shares).flatMap(([host, list]) => list.map((share) => ({ host, share })));
  return (
    <section class="screen screen-page" aria-labelledby="shares-title">
      <h1 id="shares-title" class="title">My shares</h1>
      <Scan scan={world.scan} />
      {shares.length > 0 && <p class="hint">Open a folder to see which of its files are verified copies that the mesh may be served, why others are not, and to make some private.</p>}
      {shares.length === 0 ? (
        <Empty icon="shares" title="You share nothing yet"><p>Name folders under <code>shares.directories</code> in the configuration file, then scan. Many users let only those download who share.</p></Empty>
      ) : (
        <ul class="share-list" aria-label="Shared folders">
          {shares.map(({ host, share }) => (
            <li key={`${host}\n${share.id}`} class="share">
              <div class="main-cell">
                <span class="line strong">{share.remotePath && !share.isExcluded ? <a href={routeTo("shares", share.remotePath)}>{nameOf(share)}</a> : nameOf(share)}</span>
                <span class="line dim">{plain(share.localPath ?? "")}</span>
                {share.problem && <span class="problem">{asSentence(plain(share.problem))}</span>}
              </div>
              {share.isExcluded ? <span class="tag">left out</span> : <span class="dim share-count">{share.files !== undefined ? count(share.files, "file") : ""}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
