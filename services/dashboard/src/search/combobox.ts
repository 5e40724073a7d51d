/**
 * The behaviour of the combobox, from Zag: keys, roles, states and the active option. What is shown
 * is ours; Zag's properties are spread over it after each change, and its listeners set anew: what
 * happens is heard from it alone, since it would miss an event during which another listener renders.
 * It sets styles through the CSSOM alone, which the page's policy allows.
 */

import { collection, connect, machine } from "@zag-js/combobox";
import { VanillaMachine, normalizeProps, spreadProps } from "@zag-js/vanilla";
import type { BoxParts } from "./parts";
import type { Found } from "./found";
import type { Listed } from "./list";

const NOTHING: Listed = { groups: [], options: new Map() };

export interface ComboboxEvents {
  /** The text is another one. */
  typed(): void;
  chosen(found: Found): void;
  /** The list was opened or closed. */
  opened(open: boolean): void;
}

export class Combobox {
  private items = collection<Found>({ items: [] });
  private listed = NOTHING;
  private ids = new Map<string, string>();
  private readonly machine;

  constructor(
    private readonly parts: BoxParts,
    events: ComboboxEvents,
  ) {
    const { input } = parts;
    const typed = input.value;
    // Read anew each time: that is how the options become others.
    this.machine = new VanillaMachine(machine, () => ({
      id: "search",
      ids: {
        input: input.id,
        content: parts.list.id,
        label: parts.label.id,
        clearTrigger: parts.clear.id,
        // A key may have spaces, an id must not.
        item: (key: string) => this.ids.get(key) ?? "",
      },
      collection: this.items,
      defaultInputValue: typed,
      // Enter goes to the best result, and what was typed stays, to choose another one of the same.
      inputBehavior: "autohighlight" as const,
      selectionBehavior: "preserve" as const,
      allowCustomValue: true,
      value: [],
      closeOnSelect: false,
      openOnClick: true,
      onInputValueChange: () => events.typed(),
      onSelect: ({ itemValue }: { itemValue: string }) => {
        const found = this.items.find(itemValue);
        if (found !== null) events.chosen(found);
      },
      onOpenChange: ({ open }: { open: boolean }) => events.opened(open),
    }));
    this.machine.subscribe(() => this.render());
    this.machine.start();
    this.render();
    // What has happened before the machine was there.
    if (document.activeElement === input) input.dispatchEvent(new Event("focusin"));
    if (typed !== "") input.dispatchEvent(new Event("input"));
  }

  get isOpen(): boolean {
    return this.api.open;
  }

  /** What Enter would choose. */
  get active(): string | null {
    return this.api.highlightedValue;
  }

  show(listed: Listed): void {
    const items = [...listed.options.keys()];
    this.listed = listed;
    this.ids = new Map(items.map(({ key }, index) => [key, `search-option-${index}`]));
    this.items = collection({
      items,
      itemToValue: ({ key }) => key,
      itemToString: ({ name, note }) => [name, note].filter(Boolean).join(", "),
    });
    this.parts.list.replaceChildren(...listed.groups.map(({ node }) => node));
    this.machine.send({ type: "CHILDREN_CHANGE" });
    this.render();
  }

  open(): void {
    this.api.setOpen(true);
  }

  /** Closes the list; the box keeps the focus. */
  close(): void {
    this.api.setOpen(false);
  }

  /** Closes the list and leaves the focus where it is, as when someone clicks elsewhere. */
  leave(): void {
    this.machine.send({ type: "LAYER.INTERACT_OUTSIDE" });
  }

  /** Makes the best result the one that Enter chooses. */
  highlightFirst(): void {
    const { firstValue } = this.items;
    if (firstValue !== null) this.api.setHighlightValue(firstValue);
  }

  /** Empties the box. */
  clear(): void {
    this.api.setInputValue("");
  }

  private get api(): ReturnType<typeof connect> {
    return connect(this.machine.service, normalizeProps);
  }

  private render(): void {
    const { api } = this;
    const { input, list, popup } = this.parts;
    const { groups, options } = this.listed;
    const empty = options.size === 0;
    spreadProps(input, { ...api.getInputProps(), "aria-expanded": String(api.open && !empty) });
    spreadProps(list, { ...api.getContentProps(), hidden: !api.open || empty });
    popup.hidden = !api.open;
    for (const { kind, node, label } of groups) {
      spreadProps(node, api.getItemGroupProps({ id: kind }));
      spreadProps(label, api.getItemGroupLabelProps({ htmlFor: kind }));
    }
    for (const [item, node] of options) {
      const { highlighted } = api.getItemState({ item });
      const props = api.getItemProps({ item });
      spreadProps(node, { ...props, "aria-selected": String(highlighted) });
    }
  }
}
