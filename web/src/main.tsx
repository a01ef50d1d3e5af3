// SPDX-License-Identifier: GPL-3.0-or-later
// Where the page starts.
import "./style/base.css";
import { render } from "preact";

render(<main>soulfabric</main>, document.getElementById("app")!);
