/** Something to be seen at one glance under the words, such as an order: {title, badge, rows, link}. */
function card({ title, badge, rows, link: more }) {
  const head = h("div", { class: "card-head" }, h("strong", { dir: "auto" }, title));
  if (badge) head.append(h("span", { class: "card-badge", dir: "auto" }, badge));
  const list = h("dl", {});
  for (const [name, value] of rows || []) list.append(h("dt", {}, name), h("dd", { dir: "auto" }, value));
  const node = h("div", { class: "card", "data-testid": "card" }, head);
  if (list.children.length) node.append(list);
  const href = more && webAddress(more[1]);
  if (href) node.append(link(href, more[0], { class: "card-link" }));
  return node;
}
