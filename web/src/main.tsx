// SPDX-License-Identifier: GPL-3.0-or-later
// Where the page starts.
import "./style/base.css";
import "./style/shell.css";
import "./style/rows.css";
import "./style/screens.css";
import "./style/mesh.css";
import "./style/relay.css";
import { render } from "preact";
import { start } from "./app";
import { Page } from "./view/page";

start();
render(<Page />, document.getElementById("app")!);
