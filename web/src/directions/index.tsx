import { ModelPicker } from '../models/model-picker';

export function Directions() {
  return (
    <div class="page-head">
      <h1>Directions</h1>
      <ModelPicker />
    </div>
  );
}
