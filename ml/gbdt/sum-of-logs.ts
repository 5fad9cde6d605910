/** The sum of the logarithms of numbers from 1 to `most`: of their products, as a logarithm takes as long as twenty products. */
export class SumOfLogs {
  static readonly most = 1e150;
  #product = 1;
  #sum = 0;

  add(value: number): void {
    this.#product *= value;
    if (this.#product < SumOfLogs.most) return;
    this.#sum += Math.log(this.#product);
    this.#product = 1;
  }

  sum(): number {
    return this.#sum + Math.log(this.#product);
  }
}
