/** The ids that were used last, so many of them. Pure. */
export class Recent {
  /** The one that was not used for longest comes first. */
  private readonly ids = new Set<string>();

  constructor(private readonly countMax: number) {}

  /** Notes that an id is used; gives the one that is to go for it, if one is. */
  use(id: string): string | undefined {
    this.ids.delete(id);
    this.ids.add(id);
    const [oldest] = this.ids;
    if (this.ids.size <= this.countMax || oldest === undefined) return undefined;
    this.ids.delete(oldest);
    return oldest;
  }
}
