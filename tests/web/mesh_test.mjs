// SPDX-License-Identifier: GPL-3.0-or-later
// Mesh, guard and pods in Chromium against the stand-in: with data, without, failing; the question of the first run; what strangers write stays text.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { kEvil, me, peerOf } from "./mock/mesh.mjs";
import { close, forgive, go, narrow, shot, shown, visit, whole } from "./visit.mjs";

after(close);
const firstPod = (gateway) => [...gateway.mesh.pods.keys()][0];

for (const view of [{ width: 1280, height: 1000 }, narrow]) {
  test(`at ${view.width} pixels: the mesh shows this node, its links, a picture of them, services and the table`, async () => {
    await visit({ view }, async ({ page }) => {
      await go(page, "#/mesh");
      await page.wait(shown("Part of the mesh"));
      await page.wait(shown(me));
      assert.equal(await page.evaluate("document.querySelectorAll('.picture .dot-node').length"), 7);
      assert.match(await page.evaluate("document.querySelector('.picture svg').getAttribute('aria-label')"), /^7 links, round trips from .* to .*ms/);
      assert.equal(await page.evaluate("document.querySelectorAll('.table tbody tr').length"), 7);
      assert.ok(await page.evaluate(shown("not measured")));
      assert.ok(await page.evaluate(shown("It is not named in mesh.services.")), "why a service is not exposed");
      const given = await page.evaluate("[...document.querySelectorAll('[aria-label=\"Nodes of the configuration\"] .entry')].map(e=>e.innerText)");
      assert.equal(given.length, 3);
      assert.match(given[0], /trusted[^]*Reaches the targets here[^]*Its answers about music are believed[^]*linked/);
      assert.match(given[1], /May meet \S+…\S+, \S+…\S+ through this node[^]*not linked/);
      assert.match(given[2], /Its key was given up/);
      assert.ok(await page.evaluate(shown("38 nodes answer. Services are found by name.")));
      await whole(page);
      await page.picture(shot(`mesh-${view.width}`));
      await page.click(`button|Node ${peerOf("node 0")}`);
      await page.wait(shown("seen at 203.0.113.1:50305"));
      await page.fill("input[name=service]", "mesh-introspect");
      await page.press("Enter");
      await page.wait(shown("2 nodes offer mesh-introspect."));
      await page.fill("input[name=service]", "nothing-of-the-kind");
      await page.press("Enter");
      await page.wait(shown("Nobody was found who offers nothing-of-the-kind."));
      await whole(page);
      await page.picture(shot(`mesh-found-${view.width}`));
      await page.evaluate("document.querySelector('#given-title').scrollIntoView()");
      await page.picture(shot(`mesh-rights-${view.width}`));
      await page.evaluate("document.querySelector('.screen').scrollTop=1e6");
      await page.picture(shot(`mesh-end-${view.width}`));
    });
  });
}

test("a link is made by hand, a wrong id is said at once, a failure gives its reason, a link is ended after a question", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, "#/mesh");
    await page.fill("input[name=peer]", "somebody");
    await page.press("Enter");
    await page.wait(shown("A node's id has 32 letters"));
    await page.fill("input[name=peer]", peerOf("a friend"));
    await page.fill("input[name=endpoint]", "192.0.2.1:1");
    await page.press("Enter");
    await page.wait(shown("The node does not answer at 192.0.2.1:1"));
    await page.fill("input[name=endpoint]", "192.0.2.9:50305");
    await page.press("Enter");
    await page.wait(`document.querySelector('[aria-label="Node ${peerOf("a friend")}"]')`);
    await page.click(`button|End the link with ${peerOf("a friend")}`);
    await page.wait("document.querySelector('dialog[open]')");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Cancel", "the way back has the focus");
    await page.press("Enter");
    await page.wait("!document.querySelector('dialog[open]')");
    assert.equal(gateway.mesh.links.length, 8);
    await page.click(`button|End the link with ${peerOf("a friend")}`);
    await page.click("dialog[open] button|End the link");
    await page.wait(`!document.querySelector('[aria-label="Node ${peerOf("a friend")}"]')`);
    assert.equal(gateway.mesh.links.length, 7);
    forgive(page, 503);
  });
});

test("many links are drawn as far as there is room, and all of them stand in the table", async () => {
  await visit({ view: narrow, options: { mesh: { links: 200 } } }, async ({ page }) => {
    await go(page, "#/mesh");
    await page.wait("document.querySelectorAll('.table tbody tr').length===200");
    assert.equal(await page.evaluate("document.querySelectorAll('.dot-node').length"), 24);
    await page.wait(shown("176 slower links not drawn"));
    await whole(page);
  });
});

test("alone, in trouble, failing and shut out by the configuration, the mesh says why and what to do", async () => {
  await visit({ options: { mesh: { alone: true, empty: true } } }, async ({ page }) => {
    await go(page, "#/mesh");
    await page.wait(shown("No links yet"));
    await page.wait(shown("No other node of the table has answered yet."));
    await page.wait(shown("The port is not opened by itself: no router answers UPnP."));
    await whole(page);
    await page.picture(shot("mesh-alone"));
  });
  await visit({ options: { mesh: { joined: false, trouble: "port 50305 is in use: end what uses it, or set mesh.port" } } }, async ({ page }) => {
    await go(page, "#/mesh");
    await page.wait(shown("port 50305 is in use"));
    await page.wait("[...document.querySelectorAll('button')].some(e=>e.textContent==='Stay out')", "a way out of it");
  });
  await visit({ options: { mesh: { joined: false, fixed: true } } }, async ({ page }) => {
    await go(page, "#/mesh");
    await page.wait(shown("The configuration says no"));
    assert.equal(await page.evaluate("[...document.querySelectorAll('button')].some(e=>e.textContent.includes('Join'))"), false);
    await go(page, "#/pods");
    await page.wait(shown("This node is not part of the mesh"));
  });
  await visit({}, async ({ page, gateway }) => {
    gateway.mesh.fail = 503;
    for (const [screen, title] of [["#/mesh", "The mesh cannot be shown"], ["#/guard", "The guard cannot be shown"], ["#/pods", "Pods cannot be shown"]]) {
      await go(page, screen);
      await page.wait(shown(title));
      await page.wait(shown("The mesh cannot be asked right now: try again in a minute."));
      await whole(page);
    }
    await page.picture(shot("pods-failing"));
    gateway.mesh.fail = null;
    await page.click("button|Try again");
    await page.wait(shown("Field recordings"));
    gateway.mesh.fail = 503;
    await page.wait(shown("What you see may be old."), "a later failure to be told above what is there");
    gateway.mesh.fail = null;
    forgive(page, 503);
  });
});

const asks = "document.querySelector('dialog[open] #join-title')";

test("the first run asks once: no is the default, stays no after a reload, and can be changed later", async () => {
  await visit({ options: { mesh: { joined: false, open: true } } }, async ({ page, gateway, url }) => {
    await page.wait(asks);
    assert.equal(await page.evaluate("document.activeElement.textContent"), "No, stay out");
    for (const words of ["learn your internet address.", "anyone who sees your address on both networks can join the two names", "You are asked once."]) assert.ok(await page.evaluate(shown(words)), words);
    assert.equal(await page.evaluate("[...document.querySelectorAll('dialog[open] input')].some(e=>e.checked)"), false, "no share is chosen by itself");
    await whole(page);
    await page.picture(shot("join-1280"));
    await page.press("Enter");
    await page.wait(`!${asks}`);
    assert.deepEqual(gateway.mesh.answers, [{ join: false, shares: [] }]);
    await page.open(url);
    await page.wait("document.querySelector('.pill-good')");
    await go(page, "#/mesh");
    await page.wait(shown("Not part of the mesh"));
    assert.equal(await page.evaluate(asks), null);
    await page.click("main .check|music");
    await page.click("main button|Join the mesh");
    await page.wait(shown("Part of the mesh"));
    assert.deepEqual(gateway.mesh.answers[1], { join: true, shares: ["music"] });
    await page.click("button|Leave the mesh");
    await page.click("dialog[open] button|Leave the mesh");
    await page.wait(shown("Not part of the mesh"));
    assert.deepEqual(gateway.mesh.answers[2], { join: false, shares: [] });
  });
});

test("the first run on a phone: joining with one share, then nothing is asked", async () => {
  await visit({ view: narrow, options: { mesh: { joined: false, open: true } } }, async ({ page, gateway, url }) => {
    await page.wait(asks);
    await whole(page);
    await page.picture(shot("join-360"));
    await page.click("dialog[open] .check|field recordings");
    await page.click("dialog[open] button|Join the mesh");
    await page.wait(`!${asks}`);
    assert.deepEqual(gateway.mesh.answers, [{ join: true, shares: ["field recordings"] }]);
    await page.open(url);
    await page.wait("document.querySelector('.pill-good')");
    await go(page, "#/mesh");
    await page.wait(shown("Part of the mesh"));
    assert.equal(await page.evaluate(asks), null);
  });
});

test("put off with Escape, the question is not answered and not repeated in this visit", async () => {
  await visit({ options: { mesh: { joined: false, open: true } } }, async ({ page, gateway }) => {
    await page.wait(asks);
    await page.press("Escape");
    await page.wait(`!${asks}`);
    await go(page, "#/mesh");
    await page.wait(shown("What others learn if you join"));
    assert.equal(await page.evaluate(asks), null);
    assert.deepEqual(gateway.mesh.answers, []);
  });
});

for (const view of [{ width: 1280, height: 1000 }, narrow]) {
  test(`at ${view.width} pixels: bans are shown with their reason, lifted after a question, made and exported`, async () => {
    await visit({ view }, async ({ page, gateway }) => {
      await go(page, "#/guard");
      await page.wait(shown("Asked too often."));
      assert.ok(await page.evaluate(shown(kEvil)), "a hostile name is text");
      assert.equal(await page.evaluate("document.querySelectorAll('img').length"), 0);
      for (const words of ["for good", "3 times so far", "Noisy neighbour", "2 of 5", "Acts refused", "12 of 120 units left", "81.9 KB"]) assert.ok(await page.evaluate(`document.body.innerText.toLowerCase().includes(${JSON.stringify(words.toLowerCase())})`), words);
      await whole(page);
      await page.picture(shot(`guard-${view.width}`));
      await page.click(`button|Lift the ban of ${peerOf("a rude node")}`);
      await page.wait("document.querySelector('dialog[open]')");
      await page.picture(shot(`guard-lift-${view.width}`));
      await page.press("Escape");
      await page.wait("!document.querySelector('dialog[open]')");
      assert.equal(gateway.mesh.bans.length, 3);
      await page.click(`button|Lift the ban of ${kEvil}`);
      await page.click("dialog[open] button|Lift the ban");
      await page.wait(shown("The ban was lifted"));
      await page.wait("document.querySelectorAll('[aria-label=Bans] .entry').length===2");
      assert.equal(gateway.mesh.bans.some((ban) => ban.name === kEvil), false);
      await page.click("summary|Ban somebody");
      await page.fill("input[name=name]", peerOf("another rude node"));
      await page.click("button|Ban");
      await page.wait("document.querySelectorAll('[aria-label=Bans] .entry').length===3");
      assert.equal(gateway.mesh.bans[2].byOperator, true);
      await page.evaluate("window.__saved=null;const make=URL.createObjectURL;URL.createObjectURL=blob=>{blob.text().then(text=>{window.__saved=text});return make.call(URL,blob)}");
      await page.click("button|Save the export");
      const saved = await page.wait("window.__saved", "the export to be made");
      assert.equal(JSON.parse(saved).bans.length, 3);
      const chosen = (text) => `(()=>{const t=new DataTransfer();t.items.add(new File([${JSON.stringify(text)}],'guard.json'));const e=document.querySelector('input[type=file]');e.files=t.files;e.dispatchEvent(new Event('change',{bubbles:true}))})()`;
      await page.evaluate(chosen("no json"));
      await page.wait(shown("guard.json is no export of a guard"));
      await page.evaluate(chosen(JSON.stringify({ bans: [{ kind: "user", name: "from elsewhere", until: null, times: 1, reason: "oversize" }] })));
      await page.wait(shown("Taken in: 1 ban,"));
      await page.wait(shown("from elsewhere"));
      await whole(page);
    });
  });
}

test("a guard with nothing to tell says so", async () => {
  await visit({ options: { mesh: { empty: true } } }, async ({ page }) => {
    await go(page, "#/guard");
    for (const words of ["Nobody is banned.", "Nobody has misbehaved within the hour.", "Nobody has moved away from 50 yet."]) await page.wait(shown(words));
    await whole(page);
    await page.picture(shot("guard-empty"));
  });
});

for (const view of [{ width: 1280, height: 800 }, narrow]) {
  test(`at ${view.width} pixels: a pod is read, written to by keyboard and moderated; what others write stays text`, async () => {
    await visit({ view, options: { mesh: { unread: 2 } } }, async ({ page, gateway }) => {
      await go(page, "#/pods");
      await page.wait(shown("Field recordings"));
      await page.wait("document.querySelector('.people .badge')?.textContent==='2 unread'");
      assert.ok(await page.evaluate(shown(kEvil)), "a hostile name is text");
      await whole(page);
      await page.picture(shot(`pods-${view.width}`));
      await page.click(".people a|Field recordings");
      await page.wait(shown("Has anyone recorded the night train?"));
      assert.ok(await page.evaluate("[...document.querySelectorAll('.said')].some(e=>e.textContent.includes('Removed')&&!e.textContent.includes('Line'))"));
      await page.wait("document.querySelectorAll('.said').length===50");
      await page.wait("!document.querySelector('.people .badge')", "the messages to count as read");
      assert.equal(gateway.mesh.pods.get(firstPod(gateway)).unread, 0);
      await whole(page);
      await page.picture(shot(`pod-${view.width}`));
      const words = "The <b>night train</b> & <script>document.title='broken into'</script>";
      await page.fill("#pod-text", words);
      await page.press("Enter");
      await page.wait(`[...document.querySelectorAll('.said-out p')].some(e=>e.textContent===${JSON.stringify(words)})`, "the message to be shown as it was written");
      assert.equal(gateway.mesh.messages.get(firstPod(gateway)).at(-1).body, words);
      await page.click("button|Earlier messages");
      await page.wait("document.querySelectorAll('.said').length===73");
      await page.click(`button|Let in ${peerOf("node 3")}`);
      await page.wait(shown("was let in"));
      assert.equal(gateway.mesh.pods.get(firstPod(gateway)).members[3].state, "member");
      await page.click(`button|Shut out ${peerOf("node 1")}`);
      await page.click("dialog[open] button|Shut out");
      await page.wait(`document.querySelector('[aria-label^="Let in again"]')`);
      await page.fill("input[name=invited]", peerOf("node 8"));
      await page.press("Enter");
      await page.wait(shown("tell them the pod's id and yours"));
      assert.equal(gateway.mesh.pods.get(firstPod(gateway)).members.at(-1).peer, peerOf("node 8"));
      const removable = "document.querySelectorAll('[aria-label^=\"Remove the message\"]').length";
      const before = await page.evaluate(removable);
      await page.click("button|Remove the message");
      await page.click("dialog[open] button|Remove");
      await page.wait(`${removable}===${before - 1}`);
      await whole(page);
      await page.picture(shot(`pod-moderated-${view.width}`));
      assert.equal(await page.evaluate("document.title"), "Pods · soulfabric");
      assert.equal(await page.evaluate("document.querySelectorAll('img,script:not([src])').length"), 0);
    });
  });
}

test("what others write in a pod appears by itself, also where only events tell it", async () => {
  await visit({}, async ({ page, gateway }) => {
    const id = firstPod(gateway);
    await go(page, `#/pods/${encodeURIComponent(id)}`);
    await page.wait(shown("Has anyone recorded the night train?"));
    await page.evaluate("window.setInterval=()=>0"); // timers of pages opened from now on never fire
    await go(page, "#/mesh");
    await page.wait(shown("Part of the mesh"));
    await go(page, `#/pods/${encodeURIComponent(id)}`);
    await page.wait(shown("Has anyone recorded the night train?"));
    gateway.mesh.say(id, peerOf("node 0"), "Yes, <i>twice</i>.");
    gateway.push({ type: "pod", data: { id } });
    await page.wait(shown("Yes, <i>twice</i>."));
  });
});

test("a message longer than the mesh takes is not sent, and says how much is too long", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, `#/pods/${encodeURIComponent(firstPod(gateway))}`);
    const before = gateway.mesh.messages.get(firstPod(gateway)).length;
    await page.fill("#pod-text", "ü".repeat(2050));
    await page.wait(shown("4 bytes too long"));
    await page.press("Enter");
    await page.fill("#pod-text", "short");
    await page.press("Enter");
    await page.wait("[...document.querySelectorAll('.said-out p')].some(e=>e.textContent==='short')");
    assert.equal(gateway.mesh.messages.get(firstPod(gateway)).length, before + 1);
  });
});

test("pods are created, joined by id and host or from a linked node, and left after a question", async () => {
  await visit({ options: { mesh: { empty: true } } }, async ({ page, gateway }) => {
    await go(page, "#/pods");
    await page.wait(shown("You are in no pod yet."));
    await page.picture(shot("pods-empty"));
    await page.fill("form[aria-labelledby=pod-new-title] input[name=name]", "Night trains");
    await page.press("Enter");
    await page.wait("document.querySelector('.thread h2')?.textContent==='Night trains'");
    assert.deepEqual((({ name, visibility, approval, keep }) => ({ name, visibility, approval, keep }))([...gateway.mesh.pods.values()][0]), { name: "Night trains", visibility: "visible", approval: true, keep: true });
    await page.wait(shown("Nothing was said yet."));
    await page.click("button|Leave");
    await page.wait(shown("You own this pod"));
    await page.click("dialog[open] button|Leave the pod");
    await page.wait(shown("You are in no pod yet."));
    assert.equal(gateway.mesh.pods.size, 0);

    await page.evaluate(`(()=>{const e=document.querySelector('form[aria-labelledby=pod-join-title] select');e.value=${JSON.stringify(peerOf("node 0"))};e.dispatchEvent(new Event('change',{bubbles:true}))})()`);
    await page.wait(shown("Shown by another"));
    await page.wait(shown("4 members, let in by hand"));
    await page.fill("input[name=pod]", "wrong");
    await page.press("Enter");
    await page.wait(shown("A pod's id starts with pod:"));
    await page.fill("input[name=pod]", `pod:${"0".repeat(32)}`);
    await page.fill("input[name=host]", peerOf("nobody"));
    await page.press("Enter");
    await page.wait(shown("obody there knows this pod"));
    await page.fill("input[name=host]", peerOf("node 0"));
    await page.press("Enter");
    await page.wait(shown("You have asked to join: someone who moderates it must let you in."));
    assert.equal(await page.evaluate("document.querySelector('#pod-text')"), null, "nothing can be written before");
    forgive(page, 404);
  });
});

test("on a narrow screen the later pages are behind More, by keyboard as well", async () => {
  await visit({ view: narrow, options: { mesh: { unread: 2 } } }, async ({ page }) => {
    await page.wait("document.querySelector('.nav-more .badge')?.textContent.includes('2')", "unread pod messages beside More");
    await page.evaluate("document.querySelector('.nav-more button').focus()");
    await page.press("Enter");
    await page.wait("document.querySelector('dialog[open]')");
    await whole(page);
    await page.picture(shot("more-360"));
    for (let i = 0; i < 6 && !(await page.evaluate("document.activeElement.textContent==='Guard'")); i += 1) await page.press("Tab");
    await page.press("Enter");
    await page.wait(shown("Bans"));
    await page.wait("!document.querySelector('dialog[open]')");
    assert.equal(await page.evaluate("document.querySelector('.nav-more button').getAttribute('aria-current')"), "page");
  });
});
