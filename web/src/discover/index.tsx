import { ModelPicker } from '../models/model-picker';

export function Discover() {
  return (
    <div class="page-head">
      <h1>Discover</h1>
      <ModelPicker />
    </div>
  );
}
