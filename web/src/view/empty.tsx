// SPDX-License-Identifier: GPL-3.0-or-later
// What stands where nothing is yet: says why it is empty and what to do.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons";

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} /></span>
      <h2>{title}</h2>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}
