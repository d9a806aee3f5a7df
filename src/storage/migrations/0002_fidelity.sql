ALTER TABLE "direction" ADD COLUMN "fidelity" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "direction" ADD COLUMN "fidelity_baseline" jsonb;--> statement-breakpoint
ALTER TABLE "direction" ADD COLUMN "strength_range" jsonb;